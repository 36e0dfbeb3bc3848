#!/usr/bin/env bash
# isql.sh - isql and iusql, as people type into them and as scripts use them.
# shellcheck disable=SC2317,SC2016,SC2015  # functions are called by name, jq words are not the shell's
set -uo pipefail
# shellcheck source=tests/apps/lib/tap.sh
. "$APPS/lib/tap.sh"
PROGRAM=$1
# isql is an ODBC 2 application unless told otherwise. iusql knows no such flag, tells no SQLSTATE, and prints of every
# character the low byte when it is outside the Basic Latin and Latin-1 blocks: that is unixODBC's, not the driver's.
VERSION=-3
WIDE=0
[[ $PROGRAM != iusql ]] || { VERSION=; WIDE=1; }

# SQL on standard input; the flags of isql after it
ask() {
	local sql=$1
	shift
	# shellcheck disable=SC2086  # the words of valgrind
	printf '%s\n' "$sql" | $DBX_VALGRIND "$PROGRAM" "${DSN:-$DBX_DSN}" $VERSION "$@" 2>&1
}

# unixODBC 2.3.11 prints how many rows a statement touched even in batch mode
ask_rows() { ask "$@" | grep -vE '^(SQLRowCount returns .*)?$'; }

same() { diff <(printf '%s\n' "$1") <(printf '%s\n' "$2"); }

# what isql prints for a column of all_types, NULL as nothing
column_text() { expected --arg c "$1" '.rows | to_entries | sort_by(.key | tonumber)[] | .value[$c] // ""'; }

column_is() {
	same "$(column_text "$1")" \
		"$(ask "SELECT $1 FROM main.default.all_types WHERE id <> 18 ORDER BY id" -b '-d|' | sed 's/|$//')"
}

all_columns() {
	local name bad=0 names
	# isql cuts a value at 300 characters, so the two columns that are longer are left for others; VOID has no text
	names=$(expected '.columns[] | select(.name | IN("c_string", "c_binary", "c_varchar") | not).name')
	# a process each is too dear under valgrind
	[[ -z $DBX_VALGRIND ]] || names="c_double c_timestamp c_decimal_38_18 c_struct"
	for name in $names; do
		[[ $WIDE == 0 || ! $name =~ ^c_(char|map|struct|variant)$ ]] || continue
		column_is "$name" || { echo "column $name differs"; bad=1; }
	done
	return "$bad"
}

has_all() {
	local out=$1 word bad=0
	while IFS= read -r word; do
		grep -qF -- "$word" <<<"$out" || { echo "missing: $word"; bad=1; }
	done
	return "$bad"
}

lists_tables() { expected '.tables["samples.tpch"][]' | has_all "$(ask 'help' -b '-d|')"; }
lists_unicode_tables() { expected '.tables["main.unicode"][]' | has_all "$(ask 'help' -b '-d|')"; }
lists_columns() { expected '.columns[].name' | has_all "$(ask 'help all_types' -b '-d|')"; }

unicode_strings() {
	local text bad=0 filter='.strings | del(.quotes)[]'
	((WIDE == 0)) || filter='.strings | .ascii, .latin'
	[[ -z $DBX_VALGRIND ]] || filter='.strings.latin'
	while IFS= read -r text; do
		same "$text" "$(ask "SELECT '${text//\'/\\\'}' AS t" -b '-d^' | sed 's/\^$//')" || bad=1
	done < <(expected "$filter")
	return "$bad"
}

# An error: its text, and its SQLSTATE from the program that tells it
fails_with() {
	local out
	out=$(ask "$1" -v -b)
	{ grep -qF "$3" <<<"$out" && { ((WIDE)) || grep -qF "[$2]" <<<"$out"; }; } || { echo "$out"; return 1; }
}

fails_as_expected() { fails_with "$(expected ".errors.$1.sql")" "$(expected ".errors.$1.state")" "$2"; }
bad_token() { DSN=$DBX_BAD_DSN fails_with 'SELECT 1' 28000 'Invalid access token'; }

verbose_table() {
	local out
	out=$(ask 'SELECT 1 AS one' -v)
	grep -q 'Connected!' <<<"$out" && grep -q 'SQLRowCount returns' <<<"$out" && grep -q '^| 1 ' <<<"$out" || {
		echo "$out"
		return 1
	}
}

html_rows() { [[ $(ask 'SELECT n_name FROM samples.tpch.nation' -b -w | grep -ci '<tr') -ge 25 ]]; }

many_rows() { [[ $(ask "$(expected .large.sql)" -b '-d|' | wc -l) == $(expected .large.rows) ]]; }

several_in_a_row() {
	same $'1\n2' "$(ask_rows $'SELECT 1\nSELECT 2' -b '-d|')"
}

write_and_read() {
	ask "DROP TABLE IF EXISTS $DBX_TABLE" -b >/dev/null
	ask "CREATE TABLE $DBX_TABLE (a INT, b STRING)" -b
	ask "INSERT INTO $DBX_TABLE VALUES (1, 'ä'), (2, NULL)" -b
	same $'1|ä\n2|' "$(ask_rows "SELECT * FROM $DBX_TABLE ORDER BY a" -b '-d|')"
	local rc=$?
	ask "DROP TABLE $DBX_TABLE" -b
	return "$rc"
}

check "connects and prints a table" verbose_table
check "help lists the tables of all schemas" lists_tables
((WIDE)) || check "help lists tables with names outside ASCII" lists_unicode_tables
check "help with a table's name lists its columns" lists_columns
check "every type has the expected text" all_columns
check "$( ((WIDE)) && echo "Latin text" || echo "every script and emoji") comes back as typed" unicode_strings
check "statements one after the other answer in order" several_in_a_row
check "a table is made, filled, read and dropped" write_and_read
check "HTML output has a row per row" html_rows
check "a missing table is 42S02" fails_as_expected missing_table TABLE_OR_VIEW_NOT_FOUND
check "a missing column is 42S22" fails_as_expected missing_column UNRESOLVED_COLUMN
check "a syntax error is 42000" fails_as_expected syntax PARSE_SYNTAX_ERROR
check "a refused token is 28000" bad_token
check "100,000 rows are 100,000 lines" many_rows
done_tap
