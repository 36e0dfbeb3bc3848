// go-odbc: Go's database/sql with github.com/alexbrainman/odbc.
package main

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/alexbrainman/odbc"
)

type column struct{ Name, Type string }

type expectations struct {
	Columns []column
	Rows    map[string]map[string]*string
	Long    struct {
		SQL, Unit, Byte string
		Chars, Bytes    int
	}
	Tables  map[string][]string
	Strings map[string]string
	Errors  map[string]struct{ SQL, State string }
	Large   struct {
		SQL  string
		Rows int
	}
}

var (
	want          expectations
	db            *sql.DB
	table         = os.Getenv("DBX_TABLE")
	count, failed int
)

// ---- TAP -----------------------------------------------------------------------------------------------------------

func check(name string, test func() error) {
	count++
	err := call(test)
	if err == nil {
		fmt.Printf("ok %d - %s\n", count, name)
		return
	}
	failed++
	fmt.Printf("not ok %d - %s\n# %s\n", count, name, strings.ReplaceAll(err.Error(), "\n", "\n# "))
}

func call(test func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return test()
}

func equal(got, wanted interface{}, what string) error {
	if fmt.Sprint(got) != fmt.Sprint(wanted) {
		return fmt.Errorf("%s: got %.200v, want %.200v", what, got, wanted)
	}
	return nil
}

// ---- the connection ------------------------------------------------------------------------------------------------

// The package gives a column of up to 1024 characters a buffer of that size and panics at a longer value; anything described
// as longer, which STRING is, it reads in parts.
func open(more string) *sql.DB {
	opened, err := sql.Open("odbc", os.Getenv("DBX_CONN")+more)
	if err != nil {
		panic(err)
	}
	return opened
}

func texts(query string, args ...interface{}) ([]string, error) {
	rows, err := db.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

// The package has no catalog functions: programs ask the information schema.
func listsTablesAndColumns() error {
	tables, err := texts("SELECT table_name FROM samples.information_schema.tables WHERE table_schema = ?", "tpch")
	if err != nil {
		return err
	}
	sort.Strings(tables)
	if err := equal(tables, want.Tables["samples.tpch"], "tables"); err != nil {
		return err
	}
	columns, err := texts(`SELECT column_name FROM main.information_schema.columns
		WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position`, "default", "all_types")
	if err != nil {
		return err
	}
	var names []string
	for _, c := range want.Columns {
		names = append(names, c.Name)
	}
	return equal(columns, names, "columns")
}

// ---- values --------------------------------------------------------------------------------------------------------

// The package reads DECIMAL as float64 and times as time.Time; the text is compared as what it stands for.
func sameCell(got interface{}, text *string, sqlType string) bool {
	if got == nil || text == nil {
		return got == nil && text == nil
	}
	switch v := got.(type) {
	case bool:
		return *text == map[bool]string{true: "1", false: "0"}[v]
	case float64:
		return sameFloat(v, *text, sqlType)
	case time.Time:
		layout := "2006-01-02 15:04:05.999999"
		if sqlType == "DATE" {
			layout = "2006-01-02"
		}
		return v.Format(layout) == *text
	case []byte:
		if sqlType == "BINARY" {
			return strings.ToUpper(hex.EncodeToString(v)) == *text
		}
		return string(v) == *text
	}
	return fmt.Sprint(got) == *text
}

func sameFloat(v float64, text, sqlType string) bool {
	if text == "NaN" {
		return math.IsNaN(v)
	}
	wanted, _ := strconv.ParseFloat(text, 64)
	if sqlType == "FLOAT" {
		return float32(v) == float32(wanted)
	}
	return v == wanted && math.Signbit(v) == math.Signbit(wanted)
}

func allTypes(db *sql.DB) error {
	rows, err := db.Query("SELECT * FROM main.default.all_types WHERE id <> 18 ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close()
	var bad []string
	n := 0
	for ; rows.Next(); n++ {
		cells := make([]interface{}, len(want.Columns))
		into := make([]interface{}, len(cells))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		wanted := want.Rows[fmt.Sprint(cells[0])]
		for i, c := range want.Columns {
			if !sameCell(cells[i], wanted[c.Name], c.Type) {
				bad = append(bad, fmt.Sprintf("row %v, %s: got %.80v (%T), want %.80v", cells[0], c.Name, cells[i], cells[i], show(wanted[c.Name])))
			}
		}
	}
	if len(bad) > 0 {
		return errors.New(strings.Join(bad, "\n"))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return equal(n, len(want.Rows), "rows")
}

func show(text *string) string {
	if text == nil {
		return "NULL"
	}
	return *text
}

func longValues() error {
	var text string
	var data []byte
	if err := db.QueryRow(want.Long.SQL).Scan(&text, &data); err != nil {
		return err
	}
	unit, _ := hex.DecodeString(want.Long.Byte)
	if text != strings.Repeat(want.Long.Unit, want.Long.Chars/len(want.Long.Unit)) {
		return fmt.Errorf("text of %d characters differs", len(text))
	}
	if !bytes.Equal(data, bytes.Repeat(unit, want.Long.Bytes)) {
		return fmt.Errorf("%d bytes differ", len(data))
	}
	return nil
}

func anyLength() error {
	for _, n := range []int{255, 256, 1024, 1025, 65535, 65536, 300000} {
		var text string
		if err := db.QueryRow(fmt.Sprintf("SELECT repeat('ü', %d)", n)).Scan(&text); err != nil {
			return err
		}
		if text != strings.Repeat("ü", n) {
			return fmt.Errorf("text of %d characters has %d bytes", n, len(text))
		}
	}
	return nil
}

func unicode() error {
	for key, text := range want.Strings {
		var got string
		if err := db.QueryRow("SELECT ?", text).Scan(&got); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if err := equal(got, text, key); err != nil {
			return err
		}
		literal := strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text)
		if err := db.QueryRow("SELECT '" + literal + "'").Scan(&got); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		if err := equal(got, text, key+" as a literal"); err != nil {
			return err
		}
	}
	return nil
}

// ---- parameters ----------------------------------------------------------------------------------------------------

var kinds = []struct {
	sqlType string
	value   interface{}
	text    string
}{
	{"BOOLEAN", true, "true"},
	{"INT", int64(-2147483648), "-2147483648"},
	{"BIGINT", int64(math.MaxInt64), "9223372036854775807"},
	{"DOUBLE", 2.5, "2.5"},
	{"DECIMAL(20,4)", "-0.0001", "-0.0001"},
	{"STRING", "it's ? {d}", "it's ? {d}"},
	{"STRING", "😀 漢字", "😀 漢字"},
	{"STRING", "", ""},
	{"STRING", strings.Repeat("ü", 70000), strings.Repeat("ü", 70000)},
	{"BINARY", []byte{0, 255, 16}, "\x00\xff\x10"},
	{"TIMESTAMP_NTZ", time.Date(2024, 2, 29, 23, 59, 59, 123456000, time.Local), "2024-02-29 23:59:59.123456"},
}

// The package binds a string for a DECIMAL column with scale 0, so a fraction needs a CAST.
func mark(sqlType string) string {
	if strings.HasPrefix(sqlType, "DECIMAL") {
		return "CAST(? AS " + sqlType + ")"
	}
	return "?"
}

func fractionIsNotLost() error {
	for _, s := range []string{"DROP TABLE IF EXISTS " + table, "CREATE TABLE " + table + " (d DECIMAL(10,2))"} {
		if _, err := db.Exec(s); err != nil {
			return err
		}
	}
	_, err := db.Exec("INSERT INTO "+table+" VALUES (?)", "1.25")
	return equal(stateOf(err), "22001", fmt.Sprint(err))
}

func parameters(wide *sql.DB) error {
	var columns, marks []string
	filled, null := []interface{}{1}, []interface{}{2}
	for i, k := range kinds {
		columns = append(columns, fmt.Sprintf("c%d %s", i, k.sqlType))
		marks = append(marks, mark(k.sqlType))
		filled, null = append(filled, k.value), append(null, nil)
	}
	for _, s := range []string{"DROP TABLE IF EXISTS " + table, "CREATE TABLE " + table + " (id INT, " + strings.Join(columns, ", ") + ")"} {
		if _, err := wide.Exec(s); err != nil {
			return err
		}
	}
	insert := "INSERT INTO " + table + " VALUES (?, " + strings.Join(marks, ", ") + ")"
	for _, row := range [][]interface{}{filled, null} {
		result, err := wide.Exec(insert, row...)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return fmt.Errorf("%d rows inserted, %v", n, err)
		}
	}
	for i, k := range kinds {
		var got interface{}
		if err := wide.QueryRow(fmt.Sprintf("SELECT c%d FROM %s WHERE id = ?", i, table), 1).Scan(&got); err != nil {
			return err
		}
		if b, ok := got.(bool); ok {
			got = strconv.FormatBool(b)
		}
		if k.sqlType != "BOOLEAN" && !sameCell(got, &k.text, "STRING") {
			return fmt.Errorf("%s: got %.80v (%T), want %.80v", k.sqlType, got, got, k.text)
		}
		if err := wide.QueryRow(fmt.Sprintf("SELECT c%d FROM %s WHERE id = ?", i, table), 2).Scan(&got); err != nil {
			return err
		}
		if got != nil {
			return fmt.Errorf("%s NULL: got %v", k.sqlType, got)
		}
	}
	return nil
}

func prepared() error {
	statement, err := db.Prepare("SELECT n_name FROM samples.tpch.nation WHERE n_nationkey = ?")
	if err != nil {
		return err
	}
	defer statement.Close()
	for key, name := range map[int]string{0: "ALGERIA", 3: "CANADA", 24: "UNITED STATES"} {
		var got string
		if err := statement.QueryRow(key).Scan(&got); err != nil {
			return err
		}
		if err := equal(got, name, fmt.Sprint(key)); err != nil {
			return err
		}
	}
	return nil
}

// ---- statements, threads, errors -----------------------------------------------------------------------------------

func manyGoroutines() error {
	var group sync.WaitGroup
	failures := make(chan error, 400)
	for g := 0; g < 8; g++ {
		group.Add(1)
		go func(g int) {
			defer group.Done()
			for i := 0; i < 20; i++ {
				var got int
				if err := db.QueryRow("SELECT CAST(? AS INT) + 1", g*100+i).Scan(&got); err != nil {
					failures <- err
				} else if got != g*100+i+1 {
					failures <- fmt.Errorf("got %d for %d", got, g*100+i)
				}
			}
		}(g)
	}
	group.Wait()
	close(failures)
	return <-failures
}

func severalOpen() error {
	tx, err := db.Begin() // one connection for all of them
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var open []*sql.Rows
	for i := 0; i < 5; i++ {
		rows, err := tx.Query(fmt.Sprintf("SELECT n_nationkey FROM samples.tpch.nation WHERE n_regionkey = %d", i))
		if err != nil {
			return err
		}
		defer rows.Close()
		open = append(open, rows)
	}
	sum := 0
	for n := 0; n < 5; n++ {
		for _, rows := range open {
			var key int
			if !rows.Next() {
				return errors.New("a row is missing")
			}
			if err := rows.Scan(&key); err != nil {
				return err
			}
			sum += key
		}
	}
	for _, rows := range open {
		rows.Close()
	}
	if err := equal(sum, 300, "sum"); err != nil {
		return err
	}
	return tx.Commit()
}

func stateOf(err error) string {
	var told *odbc.Error
	if errors.As(err, &told) && len(told.Diag) > 0 {
		return told.Diag[0].State
	}
	return fmt.Sprintf("no state: %v", err)
}

func failsWith(key string) error {
	_, err := db.Exec(want.Errors[key].SQL)
	if wrong := equal(stateOf(err), want.Errors[key].State, fmt.Sprint(err)); wrong != nil {
		return wrong
	}
	return db.QueryRow("SELECT 1").Err()
}

func badToken() error {
	refused, err := sql.Open("odbc", os.Getenv("DBX_BAD_CONN"))
	if err == nil {
		err = refused.Ping()
	}
	return equal(stateOf(err), "28000", fmt.Sprint(err))
}

func large() error {
	rows, err := db.Query(want.Large.SQL)
	if err != nil {
		return err
	}
	defer rows.Close()
	n := 0
	for ; rows.Next(); n++ {
		var key int64
		var comment string
		if err := rows.Scan(&key, &comment); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return equal(n, want.Large.Rows, "rows")
}

func main() {
	text, err := os.ReadFile(os.Getenv("DBX_EXPECTED"))
	if err == nil {
		err = json.Unmarshal(text, &want)
	}
	if err != nil {
		panic(err)
	}
	db = open("")
	check("lists tables and columns of the information schema", listsTablesAndColumns)
	check("every type has the expected value", func() error { return allTypes(db) })
	check("every type has the expected value as wide types", func() error { return allTypes(open("UseUnicodeSqlCharacterTypes=1")) })
	check("every type has the expected value as long types", func() error { return allTypes(open("StringAsLong=1")) })
	check("text of any length is whole without a key", anyLength)
	check("text and bytes of 100 KiB are whole", longValues)
	check("every script and emoji comes back", unicode)
	check("parameters of all kinds and NULL go in and come out", func() error { return parameters(db) })
	check("a fraction in a parameter of scale 0 is refused", fractionIsNotLost)
	check("a prepared statement runs again", prepared)
	check("several statements are open at a time", severalOpen)
	check("eight goroutines share a pool", manyGoroutines)
	check("a missing table is 42S02", func() error { return failsWith("missing_table") })
	check("a missing column is 42S22", func() error { return failsWith("missing_column") })
	check("a syntax error is 42000", func() error { return failsWith("syntax") })
	check("a refused token is 28000", badToken)
	check("100,000 rows arrive", large)
	db.Exec("DROP TABLE IF EXISTS " + table)
	db.Close()
	fmt.Printf("1..%d\n", count)
	if failed > 0 {
		os.Exit(1)
	}
}
