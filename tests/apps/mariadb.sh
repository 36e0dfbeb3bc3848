#!/usr/bin/env bash
# mariadb.sh - tables of MariaDB's CONNECT engine that are a warehouse's: a private server, a socket, no network.
# shellcheck disable=SC2317  # functions are called by name
set -uo pipefail
# shellcheck source=tests/apps/lib/tap.sh
. "$APPS/lib/tap.sh"
DIR=$DBX_SCRATCH/mariadb
SOCKET=$DIR/socket
# CONNECT makes a column as wide as is described, and a row of MariaDB has 65535 bytes: so not more than needed
CONN="$DBX_CONN_FULL;DefaultStringColumnLength=255;BinaryColumnLength=1000"
SERVER=0

start_server() {
	local me
	me=$(id -un)
	mkdir -p "$DIR"
	mariadb-install-db --no-defaults --user="$me" --datadir="$DIR/data" --auth-root-authentication-method=normal \
		--skip-test-db >"$DIR/install.log" 2>&1 || { tail -5 "$DIR/install.log"; return 1; }
	# shellcheck disable=SC2086  # the words of valgrind
	$DBX_VALGRIND mariadbd --no-defaults --user="$me" --datadir="$DIR/data" --socket="$SOCKET" --skip-networking \
		--pid-file="$DIR/pid" --plugin-load-add=ha_connect.so --log-error="$DIR/error.log" \
		--skip-innodb --default-storage-engine=Aria --connect-type-conv=FORCE >"$DIR/output" 2>&1 </dev/null &
	SERVER=$!
	trap stop_server EXIT
	for ((i = 0; i < (${#DBX_VALGRIND} ? 12000 : 1200); i++)); do
		ask 'SELECT 1' >/dev/null 2>&1 && return 0
		kill -0 "$SERVER" 2>/dev/null || break
		sleep 0.1
	done
	tail -5 "$DIR/error.log"
	return 1
}

has_started() {
	cat "$DBX_SCRATCH/start.log"
	return "$STARTED"
}

stop_server() {
	kill "$SERVER" 2>/dev/null && wait "$SERVER"
}

ask() { mariadb --no-defaults --default-character-set=utf8mb4 -S "$SOCKET" -uroot --batch --skip-column-names -e "$1" 2>&1; }

# A table of the engine: its name and what makes it ODBC's
make() {
	ask "CREATE DATABASE IF NOT EXISTS w; DROP TABLE IF EXISTS w.$1;
		CREATE TABLE w.$1 ${3:-} ENGINE=CONNECT CHARSET=utf8mb4 TABLE_TYPE=ODBC $2 CONNECTION='${4:-$CONN}'"
}

same() { diff <(printf '%s\n' "$1") <(printf '%s\n' "$2"); }

lists_tables() {
	make tables "CATFUNC=Tables TABNAME='samples.tpch.%'"
	same "$(expected '.tables["samples.tpch"][]' | sort)" "$(ask 'SELECT Table_Name FROM w.tables' | sort)"
}

lists_columns() {
	make columns "CATFUNC=Columns TABNAME='main.default.all_types'"
	same "$(expected '.columns[].name')" "$(ask 'SELECT Column_Name FROM w.columns')"
}

lists_sources() {
	make sources 'CATFUNC=Sources'
	ask 'SELECT Name FROM w.sources' | grep -qxF "$DBX_DSN"
}

# What CONNECT makes of a column: blanks at the end of CHAR go, numbers are MariaDB's
column_text() {
	local filter='.'
	case $1 in
	c_char) filter='sub(" +$"; "")' ;;
	c_float | c_double) filter='tonumber' ;;
	esac
	expected --arg c "$1" ".rows | to_entries | sort_by(.key | tonumber)[] | select(.key | IN($ROWS)) | .value[\$c]
		| if . == null then \"NULL\" else $filter end"
}

# Rows that MariaDB's types can hold: no NaN, no endless decimals
ROWS='"1", "10", "11", "12", "13", "14", "15", "17", "25"'

all_types() {
	local name sql bad=0
	# MariaDB sorts wide rows by their place and comes back for them: the cursor must scroll
	make all_types "TABNAME='main.default.all_types' OPTION_LIST='Scrollable=1'"
	for name in $(expected '.columns[].name'); do
		[[ ! $name =~ ^c_(timestamp|timestamp_ntz)$ ]] || continue
		sql=$name
		case $name in
		c_float) sql="TRIM(ROUND(c_float, 6)) + 0" ;;
		c_date) sql="DATE(c_date)" ;;    # CONNECT makes a DATETIME of the SQL_DATE that an ODBC 2 application is told
		esac
		same "$(column_text "$name")" \
			"$(ask "SELECT $sql FROM w.all_types WHERE id IN (${ROWS//\"/}) ORDER BY id" | sed 's/\\\\/\\/g')" ||
			{ echo "column $name differs"; bad=1; }
	done
	return "$bad"
}

times() {
	same "2024-02-29 12:34:56"$'\t'"2024-02-29 12:34:56" "$(ask 'SELECT c_timestamp, c_timestamp_ntz FROM w.all_types WHERE id = 1')"
}

unicode_strings() {
	local text bad=0
	while IFS= read -r text; do
		make text "SRCDEF='SELECT ''${text//\'/}'' AS t'" || bad=1
		same "${text//\'/}" "$(ask 'SELECT t FROM w.text')" || bad=1
	done < <(expected '.strings | del(.quotes, .astral)[]')    # MariaDB keeps a definition in three bytes a character
	return "$bad"
}

long_text() {
	make long "TABNAME='main.default.all_types'" '(id INT, c_string VARCHAR(4000))' \
		"${CONN/Length=255/Length=4000}"
	same 1000 "$(ask "SELECT CHAR_LENGTH(c_string) FROM w.long WHERE id = 4")"
}

conditions() {
	make nation "TABNAME='samples.tpch.nation' OPTION_LIST='Scrollable=1'"
	same $'CANADA\nUNITED STATES' "$(ask "SELECT n_name FROM w.nation WHERE n_nationkey IN (3, 24) ORDER BY 1")" &&
		same 25 "$(ask 'SELECT COUNT(*) FROM w.nation')" &&
		same 5 "$(ask "SELECT COUNT(*) FROM w.nation WHERE n_regionkey = 1 AND n_name LIKE '%'")"
}

# Read again for the next buffer of a join, CONNECT 10.11 leaves out the first row of a table that scrolls or has only one
# (it has fetched that row while going back, and fetches the next): so these do neither
joins() {
	make inner_nation "TABNAME='samples.tpch.nation'"
	make inner_region "TABNAME='samples.tpch.region'"
	same $'AFRICA\nAMERICA\nASIA\nEUROPE\nMIDDLE EAST' "$(ask "SELECT r_name FROM w.inner_nation
		JOIN w.inner_region ON n_regionkey = r_regionkey" | sort | uniq -c | sed -n 's/^ *5 //p')"
}

source_definition() {
	make summary "SRCDEF='SELECT n_regionkey AS r, count(*) AS n FROM samples.tpch.nation GROUP BY 1 ORDER BY 1'"
	same $'0\t5\n1\t5\n2\t5\n3\t5\n4\t5' "$(ask 'SELECT * FROM w.summary')"
}

# A table that sends commands: MariaDB's way to say anything at all
writes() {
	local far=$DBX_TABLE
	make commands 'OPTION_LIST="Execsrc=1"' "(command VARCHAR(1000) NOT NULL FLAG=0, number INT FLAG=1, message VARCHAR(500) FLAG=2)"
	ask "SELECT message FROM w.commands WHERE command IN ('DROP TABLE IF EXISTS $far', 'CREATE TABLE $far (a INT, b STRING, d DATE)')"
	make far "TABNAME='$far' OPTION_LIST='Scrollable=1'"
	ask "INSERT INTO w.far VALUES (1, 'ä 😀', '2024-02-29'), (2, 'it is', '1999-12-31')" | grep . && return 1
	same $'1\tä 😀\t2024-02-29\n2\tit is\t1999-12-31' "$(ask 'SELECT a, b, DATE(d) FROM w.far ORDER BY a')" || return 1
	ask "SELECT message FROM w.commands WHERE command = 'DROP TABLE IF EXISTS $far'"
}

fails_with() {
	local out
	out=$(make broken "$1" '' "${3:-$CONN}")
	grep -qF "$2" <<<"$out" || { echo "$out"; return 1; }
}

many_rows() {
	make large "SRCDEF='$(expected .large.sql)'"
	same "$(expected .large.rows)" "$(ask 'SELECT COUNT(l_comment) FROM w.large')"
}

blocks() {
	make blocks "TABNAME='samples.tpch.orders' BLOCK_SIZE=100"
	same "$(ask 'SELECT COUNT(*) FROM w.blocks')" "$(ask 'SELECT COUNT(o_comment) FROM w.blocks')"
}

# not within check, whose shell would take the server along when it ends
start_server >"$DBX_SCRATCH/start.log"
STARTED=$?
check "a private server starts with the CONNECT engine" has_started
((STARTED == 0)) || done_tap
check "lists data sources" lists_sources
check "lists tables" lists_tables
check "lists columns" lists_columns
check "every type has the expected text" all_types
check "times arrive" times
check "every script and emoji comes back" unicode_strings
check "text of 1000 characters is whole" long_text
check "conditions are asked of the warehouse" conditions
check "two tables are open in a join" joins
check "a source definition is a table" source_definition
check "rows are inserted with parameters, commands are sent" writes
check "rows come in blocks" blocks
check "a missing table is told" fails_with "TABNAME='main.default.no_such_table'" 'no_such_table'
check "a syntax error is told" fails_with "SRCDEF='SELECT 1 FORM x y'" PARSE_SYNTAX_ERROR
check "a refused token is told" fails_with "TABNAME='samples.tpch.nation'" 'Invalid access token' "${DBX_CONN_FULL/dapi-sandbox-alice/dapi-wrong}"
check "100,000 rows arrive" many_rows
done_tap
