/* Statements of standard input, each ended by a NUL, as Spark's own lexer and parser see them. Three lines for each:
 * the tokens as "kind:start:end" in characters; what the plan is: "query", "command NAME …" or "error"; and the relations
 * in it that are no common table expressions. With the argument "functions": each function of Spark, and the expressions
 * that a call of it consists of. */
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.Token;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.analysis.CTESubstitution;
import org.apache.spark.sql.catalyst.analysis.FunctionRegistry;
import org.apache.spark.sql.catalyst.analysis.TableFunctionRegistry;
import org.apache.spark.sql.catalyst.analysis.UnresolvedRelation;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Literal$;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.parser.SqlBaseLexer;
import org.apache.spark.sql.catalyst.parser.UpperCaseCharStream;
import org.apache.spark.sql.catalyst.plans.logical.Command;
import org.apache.spark.sql.catalyst.plans.logical.CompoundBody;
import org.apache.spark.sql.catalyst.plans.logical.InsertIntoDir;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.ParsedStatement;
import org.apache.spark.sql.catalyst.plans.logical.ScriptTransformation;
import org.apache.spark.sql.execution.SparkSqlParser;
import org.apache.spark.sql.types.DataTypes;
import scala.jdk.javaapi.CollectionConverters;

public class Tokens {
    static String kind(Token t, SqlBaseLexer lexer) {
        String name = SqlBaseLexer.VOCABULARY.getSymbolicName(t.getType());
        if (t.getChannel() != Token.DEFAULT_CHANNEL) return "gap";
        switch (name) {
            case "STRING_LITERAL": case "DOUBLEQUOTED_STRING": return "string";
            case "BACKQUOTED_IDENTIFIER": return "name";
            case "INTEGER_VALUE": case "BIGINT_LITERAL": case "SMALLINT_LITERAL": case "TINYINT_LITERAL":
            case "EXPONENT_VALUE": case "DECIMAL_VALUE": case "FLOAT_LITERAL": case "DOUBLE_LITERAL":
            case "BIGDECIMAL_LITERAL": return "number";
            case "SEMICOLON": return "semi";
            case "HENT_START": case "HENT_END": return "hint";
            case "UNRECOGNIZED": return "odd";
            case "BEGIN_DOLLAR_QUOTED_STRING": case "DOLLAR_QUOTED_STRING_BODY": case "END_DOLLAR_QUOTED_STRING": return "odd";
            default: return Character.isLetterOrDigit(t.getText().codePointAt(0)) || t.getText().charAt(0) == '_' ? "word" : "punct";
        }
    }

    static String tokens(String sql) {
        StringBuilder out = new StringBuilder();
        SqlBaseLexer lexer = new SqlBaseLexer(new UpperCaseCharStream(CharStreams.fromString(sql)));
        lexer.removeErrorListeners();
        for (Token t = lexer.nextToken(); t.getType() != Token.EOF; t = lexer.nextToken())
            out.append(kind(t, lexer)).append(':').append(t.getStartIndex()).append(':').append(t.getStopIndex() + 1).append(' ');
        return out.toString();
    }

    static void commands(LogicalPlan plan, List<String> names) {
        if (plan instanceof Command || plan instanceof ParsedStatement || plan instanceof CompoundBody
                || plan instanceof InsertIntoDir || plan instanceof ScriptTransformation)
            names.add(plan.getClass().getSimpleName());
        scala.collection.Iterator<?> it = plan.children().iterator();
        while (it.hasNext()) commands((LogicalPlan) it.next(), names);
    }

    static void relations(LogicalPlan plan, Set<String> names) {
        if (plan instanceof UnresolvedRelation)
            names.add(((UnresolvedRelation) plan).multipartIdentifier().mkString(".").toLowerCase());
        for (Object child : CollectionConverters.asJava(plan.children())) relations((LogicalPlan) child, names);
        for (Object e : CollectionConverters.asJava(plan.expressions())) relations((Expression) e, names);
    }

    static void relations(Expression e, Set<String> names) {
        if (e instanceof SubqueryExpression) relations(((SubqueryExpression) e).plan(), names);
        for (Object child : CollectionConverters.asJava(e.children())) relations((Expression) child, names);
    }

    static String plan(SparkSqlParser parser, String sql) {
        try {
            List<String> names = new ArrayList<>();
            Set<String> tables = new TreeSet<>();
            LogicalPlan plan = parser.parsePlan(sql);
            commands(plan, names);
            relations(CTESubstitution.apply(plan), tables);
            return (names.isEmpty() ? "query" : "command " + String.join(" ", names)) + "\n" + String.join(" ", tables);
        } catch (Throwable e) {
            return "error\n";
        }
    }

    static void expressions(Expression e, Set<String> names) {
        names.add(e.getClass().getSimpleName() + (e.deterministic() ? "" : "!"));
        for (Object child : CollectionConverters.asJava(e.children())) expressions((Expression) child, names);
    }

    /* What a call is made of, whatever number and type of arguments it takes; "!" behind what Spark calls random. */
    static Set<String> expressions(FunctionIdentifier name) {
        Expression[] kinds = {Literal$.MODULE$.apply(1), Literal$.MODULE$.apply("a"), Literal$.MODULE$.apply(true),
                new Literal(null, DataTypes.NullType)};
        Set<String> names = new TreeSet<>();
        for (Expression kind : kinds)
            for (int n = 0; n < 8; n++)
                try {
                    List<Expression> list = new ArrayList<>(Collections.nCopies(n, kind));
                    expressions((Expression) FunctionRegistry.builtin().lookupFunction(name, CollectionConverters.asScala(list).toSeq()), names);
                } catch (Throwable e) {
                    continue;
                }
        return names;
    }

    static void functions(PrintStream out) {
        for (Object o : CollectionConverters.asJava(FunctionRegistry.builtin().listFunction()))
            out.println(((FunctionIdentifier) o).funcName() + " " + String.join(" ", expressions((FunctionIdentifier) o)));
        for (Object o : CollectionConverters.asJava(TableFunctionRegistry.builtin().listFunction()))
            out.println(((FunctionIdentifier) o).funcName());
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        if (args.length > 0) {
            functions(out);
            out.flush();
            return;
        }
        SparkSqlParser parser = new SparkSqlParser();
        String all = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
        for (int from = 0, to; (to = all.indexOf('\0', from)) >= 0; from = to + 1) {
            String sql = all.substring(from, to);
            out.println(tokens(sql));
            out.println(plan(parser, sql));
        }
        out.flush();
    }
}
