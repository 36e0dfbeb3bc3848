#!/usr/bin/env Rscript
# r-rodbc.R - R's RODBC.
suppressPackageStartupMessages(library(RODBC))
options(warn = 1, digits.secs = 6)

# RODBC takes a dot for the one between schema and table, so the catalog and schema are the connection's
table <- sub(".*[.]", "", Sys.getenv("DBX_TABLE"))
count <- 0
failed <- 0

# ---- TAP -------------------------------------------------------------------------------------------------------------

check <- function(name, test) {
    count <<- count + 1
    wrong <- tryCatch({ test; NULL }, error = function(e) conditionMessage(e))
    if (is.null(wrong)) {
        cat("ok", count, "-", name, "\n")
    } else {
        failed <<- failed + 1
        cat("not ok", count, "-", name, "\n")
        cat(paste0("# ", strsplit(wrong, "\n")[[1]], "\n"), sep = "")
    }
}

shown <- function(v) substr(paste(format(v), collapse = " "), 1, 300)

equal <- function(got, want, what = "value") {
    if (!identical(got, want)) stop(what, ": got ", shown(got), ", want ", shown(want))
}

# ---- what is expected --------------------------------------------------------------------------------------------------

unescape <- function(s) {
    s <- gsub("\\\\", "\001", s, fixed = TRUE)
    for (p in list(c("\\t", "\t"), c("\\n", "\n"), c("\\r", "\r"))) s <- gsub(p[1], p[2], s, fixed = TRUE)
    gsub("\001", "\\", s, fixed = TRUE)
}

read_expected <- function() {
    lines <- strsplit(readLines(Sys.getenv("DBX_EXPECTED_TSV"), encoding = "UTF-8"), "\t", fixed = TRUE)
    lines <- lapply(lines, function(l) if (length(l) < 3) c(l, "") else l)
    data.frame(id = sapply(lines, `[`, 1), column = sapply(lines, `[`, 2),
        text = sapply(lines, function(l) if (identical(l[3], "\\N")) NA else unescape(l[3])))
}

expected <- read_expected()

wanted <- function(column) {
    cells <- expected[expected$column == column, ]
    cells$text[order(as.integer(cells$id))]
}

# ---- the connection ----------------------------------------------------------------------------------------------------

# RODBC gives a column as much room as is described (65535 bytes at most for text) and is silent about what it cut.
connection <- function(more = "BinaryColumnLength=200000;", ...) {
    odbcDriverConnect(paste0(Sys.getenv("DBX_CONN"), more), believeNRows = FALSE, colQuote = "`", ...)
}

ask <- function(sql, ...) {
    answer <- sqlQuery(db, sql, stringsAsFactors = FALSE, ...)
    if (is.character(answer) && length(answer)) stop(paste(answer, collapse = "\n"))
    answer
}

db <- connection()

lists_tables <- function() {
    tables <- sqlTables(db, catalog = "samples", schema = "tpch")
    equal(sort(tables$TABLE_NAME), sort(c("customer", "lineitem", "lineitem_1m", "nation", "orders", "part", "partsupp", "region",
        "revenue_by_nation", "supplier")))
    tables <- sqlTables(db, catalog = "main", schema = "unicode", tableType = "TABLE")
    equal("\u8868\u540d" %in% tables$TABLE_NAME, TRUE, "a name outside ASCII")
}

lists_columns <- function() {
    equal(sqlColumns(db, "all_types", catalog = "main", schema = "default")$COLUMN_NAME, unique(expected$column))
    equal(sqlColumns(db, "\u8868\u540d", catalog = "main", schema = "unicode")$COLUMN_NAME,
        c("id", "\u03ba\u03b5\u03af\u03bc\u03b5\u03bd\u03bf", "a b", "c.d", "e`f"))
}

# ---- values ------------------------------------------------------------------------------------------------------------

as_text <- function(v) {
    if (inherits(v, "ODBC_binary")) return(sapply(v, function(b) toupper(paste(format(b), collapse = ""))))
    as.character(v)
}

# As text all of it can be compared; RODBC knows no NULL for BINARY.
all_types_as_text <- function() {
    sql <- "SELECT * FROM main.default.all_types WHERE id <> 18 ORDER BY id"
    rows <- ask(sql, as.is = TRUE)
    rows$c_double <- ask(sql)$c_double      # as text they are rounded to 15 digits
    bad <- character()
    for (column in names(rows)) {
        want <- cells <- wanted(column)
        got <- as_text(rows[[column]])
        if (column == "c_binary") want[is.na(want)] <- ""
        if (column %in% c("c_boolean", "c_tinyint", "c_smallint", "c_int", "c_float", "c_double")) {
            want <- as.numeric(want)
            got <- as.numeric(rows[[column]])
            # where long double has 64 bits (under valgrind), R reads the greatest double as infinite
            want[cells == "1.7976931348623157E308"] <- .Machine$double.xmax
            want[cells == "-1.7976931348623157E308"] <- -.Machine$double.xmax
            # R has no integer below -2147483647: RODBC's is NA
            if (column == "c_int") want[want == -2147483648] <- NA
            if (column == "c_float") want <- ifelse(is.finite(want), signif(want, 7), want)
            if (column == "c_float") want[want == 1.4e-45] <- signif(2^-149, 7)
            if (column == "c_float") got <- ifelse(is.finite(got), signif(got, 7), got)
        }
        differs <- !(is.na(got) & is.na(want)) & (is.na(got) | is.na(want) | got != want)
        if (any(differs)) bad <- c(bad, paste0(column, ", row ", which(differs), ": got ", substr(got[differs], 1, 60), ", want ",
            substr(want[differs], 1, 60)))
    }
    if (length(bad)) stop(paste(bad, collapse = "\n"))
}

types_of_r <- function() {
    row <- ask("SELECT * FROM main.default.all_types WHERE id = 1")
    equal(unname(sapply(row[c("c_int", "c_double", "c_decimal_10_2", "c_string", "c_date", "c_timestamp", "c_binary")],
        function(v) class(v)[1])),
        c("integer", "numeric", "numeric", "character", "Date", "POSIXct", "ODBC_binary"))
    equal(row$c_date, as.Date("2024-02-29"))
    equal(row$c_decimal_10_2, 12345.67)
}

long_values <- function() {
    row <- ask("SELECT repeat('0123456789', 6500) AS t, c_binary FROM main.default.all_types WHERE id = 18", as.is = TRUE)
    equal(row$t, strrep("0123456789", 6500))
    equal(length(row$c_binary[[1]]), 102400L)
    equal(unique(row$c_binary[[1]]), as.raw(0x78))
}

without_keys <- function() {
    plain <- connection("")
    for (unit in c("x", "\u00fc", "\u6f22")) for (n in c(255, 1025, 21844)) {
        row <- sqlQuery(plain, paste0("SELECT repeat('", unit, "', ", n, ") AS t"), as.is = TRUE)
        equal(row$t, strrep(unit, n))
    }
    odbcClose(plain)
}

unicode <- function() {
    for (text in c("plain", "Gr\u00fc\u00dfe, se\u00f1or", "\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac", "\u6f22\u5b57 \ud55c",
        "\U0001F600 \U0001D4B3 \U00020BB7", "e\u0301", "\u05e2\u05d1", "it\\'s \"q\" `b`")) {
        equal(ask(paste0("SELECT '", text, "' AS t"))$t, gsub("\\'", "'", text, fixed = TRUE))
    }
}

# ---- writing -----------------------------------------------------------------------------------------------------------

# RODBC quotes names as it is told (colQuote) and doubles a quote in a literal, which Spark takes for two literals side by
# side: what has quotes goes in as a parameter.
frame <- data.frame(i = c(1L, 2L, 3L, NA), d = c(1.5, -0.125, 1e30, NA), t = c("it's ?", "\U0001F600 \u6f22", "", NA),
    l = c(TRUE, FALSE, TRUE, NA), stringsAsFactors = FALSE)

# sqlSave with fast = TRUE binds parameters, with fast = FALSE it writes literals
saved <- function(fast) {
    if (!fast) frame$t[1] <- "its ?"
    sqlQuery(db, paste("DROP TABLE IF EXISTS", table))
    ask(paste("CREATE TABLE", table, "(i INT, d DOUBLE, t STRING, l STRING)"))
    equal(sqlSave(db, frame, table, append = TRUE, rownames = FALSE, fast = fast), 1L)
    back <- ask(paste("SELECT * FROM", table, "ORDER BY i NULLS LAST"))
    equal(back$i, frame$i)
    equal(back$d, frame$d)
    equal(back$t, frame$t)
    equal(as.logical(back$l), frame$l)
}

# ---- errors ------------------------------------------------------------------------------------------------------------

fails_with <- function(sql, state) {
    answer <- sqlQuery(db, sql)
    equal(any(startsWith(as.character(answer), state)), TRUE, paste(answer, collapse = " "))
    equal(ask("SELECT 1 AS one")$one, 1L)
}

bad_token <- function() {
    told <- character()
    refused <- withCallingHandlers(odbcDriverConnect(Sys.getenv("DBX_BAD_CONN")), warning = function(w) {
        told <<- c(told, conditionMessage(w))
        invokeRestart("muffleWarning")
    })
    equal(refused, -1L)
    equal(any(grepl("state 28000", told)), TRUE, paste(told, collapse = " "))
}

several_open <- function() {
    other <- connection()
    odbcQuery(db, "SELECT n_nationkey FROM samples.tpch.nation ORDER BY 1")
    odbcQuery(other, "SELECT r_regionkey FROM samples.tpch.region ORDER BY 1")
    one <- sqlGetResults(db, max = 3)
    two <- sqlGetResults(other, max = 2)
    one <- rbind(one, sqlGetResults(db))
    two <- rbind(two, sqlGetResults(other))
    odbcClose(other)
    equal(c(nrow(one), nrow(two)), c(25L, 5L))
}

large <- function() {
    narrow <- connection("")
    on.exit(odbcClose(narrow))
    rows <- sqlQuery(narrow,
        "SELECT l_orderkey, l_comment FROM samples.tpch.lineitem ORDER BY l_orderkey, l_linenumber LIMIT 100000")
    equal(nrow(rows), 100000L)
}

information <- function() {
    equal(unname(odbcGetInfo(db)["Driver_ODBC_Ver"]), "03.80")
    equal("DECIMAL" %in% sqlTypeInfo(db)$TYPE_NAME, TRUE)
}

check("lists tables, also with names outside ASCII", lists_tables())
check("lists columns, also with names outside ASCII", lists_columns())
check("every type has the expected text", all_types_as_text())
check("types become R's own", types_of_r())
check("text of 65 KB and bytes of 100 KiB are whole", long_values())
check("text of up to 65,532 bytes is whole without a key", without_keys())
check("every script and emoji comes back", unicode())
check("a data frame is saved with parameters and read back", saved(TRUE))
check("a data frame is saved with literals and read back", saved(FALSE))
check("several results are open at a time", several_open())
check("a missing table is 42S02", fails_with("SELECT * FROM main.default.no_such_table", "42S02"))
check("a missing column is 42S22", fails_with("SELECT no_such_column FROM main.default.all_types", "42S22"))
check("a syntax error is 42000", fails_with("SELEC 1", "42000"))
check("a refused token is 28000", bad_token())
check("the driver tells of itself and its types", information())
check("100,000 rows arrive", large())
invisible(sqlQuery(db, paste("DROP TABLE IF EXISTS", table)))
odbcCloseAll()
cat(paste0("1..", count, "\n"))
quit(status = if (failed > 0) 1 else 0)
