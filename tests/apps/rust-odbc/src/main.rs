//! rust-odbc: Rust's odbc-api.
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::process::exit;

use odbc_api::buffers::{BufferDesc, ColumnarAnyBuffer, TextRowSet};
use odbc_api::parameter::{InputParameter, VarBinarySlice};
use odbc_api::sys::{Date, Timestamp};
use odbc_api::{Bit, Connection, ConnectionOptions, Cursor, Environment, Error, IntoParameter, Nullable, ParameterCollectionRef,
    ResultSetMetadata};

type Outcome = Result<(), String>;
type Rows = BTreeMap<i32, BTreeMap<String, Option<String>>>;

// ---- TAP ------------------------------------------------------------------------------------------------------------

#[derive(Default)]
struct Tap {
    count: u32,
    failed: u32,
}

impl Tap {
    fn check(&mut self, name: &str, test: impl FnOnce() -> Outcome) {
        self.count += 1;
        match test() {
            Ok(()) => println!("ok {} - {}", self.count, name),
            Err(why) => {
                self.failed += 1;
                println!("not ok {} - {}\n# {}", self.count, name, why.replace('\n', "\n# "));
            }
        }
    }
}

fn equal<T: PartialEq + std::fmt::Debug>(got: T, want: T, what: &str) -> Outcome {
    if got == want {
        return Ok(());
    }
    Err(format!("{}: got {:.300}, want {:.300}", what, format!("{:?}", got), format!("{:?}", want)))
}

fn told(e: Error) -> String {
    e.to_string()
}

// ---- what is expected ------------------------------------------------------------------------------------------------

fn unescape(text: &str) -> Option<String> {
    if text == "\\N" {
        return None;
    }
    let mut out = String::new();
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        out.push(match c {
            '\\' => match letters.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                other => other.unwrap_or('\\'),
            },
            c => c,
        });
    }
    Some(out)
}

fn read_expected() -> Rows {
    let mut rows = Rows::new();
    for line in fs::read_to_string(var("DBX_EXPECTED_TSV")).unwrap().split('\n').filter(|l| !l.is_empty()) {
        let cells: Vec<&str> = line.splitn(3, '\t').collect();
        rows.entry(cells[0].parse().unwrap()).or_default().insert(cells[1].to_string(), unescape(cells[2]));
    }
    rows
}

fn var(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

// ---- reading ---------------------------------------------------------------------------------------------------------

fn column_of(mut cursor: impl Cursor, column: u16) -> Result<Vec<String>, String> {
    let mut all = Vec::new();
    while let Some(mut row) = cursor.next_row().map_err(told)? {
        let mut text = Vec::new();
        if row.get_text(column, &mut text).map_err(told)? {
            all.push(String::from_utf8(text).map_err(|e| e.to_string())?);
        }
    }
    Ok(all)
}

fn texts(db: &Connection, sql: &str, parameters: impl ParameterCollectionRef) -> Result<Vec<String>, String> {
    match db.execute(sql, parameters).map_err(told)? {
        Some(cursor) => column_of(cursor, 1),
        None => Err(format!("no result of {}", sql)),
    }
}

fn lists_tables(db: &Connection) -> Outcome {
    let mut tables = column_of(db.tables("samples", "tpch", "%", "").map_err(told)?, 3)?;
    tables.sort();
    let want = "customer lineitem lineitem_1m nation orders part partsupp region revenue_by_nation supplier";
    equal(tables.join(" "), want.to_string(), "tables")?;
    let tables = column_of(db.tables("main", "unicode", "%", "TABLE").map_err(told)?, 3)?;
    equal(tables.contains(&"𠮷野家".to_string()), true, "a name outside ASCII")
}

fn lists_columns(db: &Connection, want: &Rows) -> Outcome {
    let mut names = column_of(db.columns("main", "default", "all\\_types", "%").map_err(told)?, 4)?;
    names.sort();
    equal(names, want[&1].keys().cloned().collect(), "columns")?;
    let names = column_of(db.columns("main", "unicode", "表名", "%").map_err(told)?, 4)?;
    equal(names.join("|"), "id|κείμενο|a b|c.d|e`f".to_string(), "columns")
}

const ALL_TYPES: &str = "SELECT * FROM main.default.all_types WHERE id <> 18 ORDER BY id";

fn differences(got: &Rows, want: &Rows) -> Outcome {
    let mut bad = Vec::new();
    for (id, cells) in want {
        for (name, text) in cells {
            let cell = got.get(id).and_then(|r| r.get(name));
            if cell != Some(text) {
                bad.push(format!("row {}, {}: got {:.80}, want {:.80}", id, name, format!("{:?}", cell), format!("{:?}", text)));
            }
        }
    }
    if bad.is_empty() {
        equal(got.len(), want.len(), "rows")
    } else {
        Err(bad.join("\n"))
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A buffer of text for the whole result set, many rows at a time, as most programs read.
fn all_types_in_blocks(db: &Connection, want: &Rows) -> Outcome {
    let mut got = Rows::new();
    let mut cursor = db.execute(ALL_TYPES, ()).map_err(told)?.ok_or("no result")?;
    let names: Vec<String> = cursor.column_names().map_err(told)?.collect::<Result<_, _>>().map_err(told)?;
    let mut buffer = TextRowSet::for_cursor(7, &mut cursor, Some(4096)).map_err(told)?;
    let mut blocks = cursor.bind_buffer(&mut buffer).map_err(told)?;
    while let Some(block) = blocks.fetch().map_err(told)? {
        for row in 0..block.num_rows() {
            let cell = |c: usize| block.at(c, row).map(text_of);
            let cells = names.iter().enumerate().map(|(c, name)| (name.clone(), cell(c))).collect();
            got.insert(cell(0).unwrap().parse().unwrap(), cells);
        }
    }
    differences(&got, want)
}

/// The same in UTF-16.
fn all_types_in_wide_blocks(db: &Connection, want: &Rows) -> Outcome {
    let mut got = Rows::new();
    let mut cursor = db.execute(ALL_TYPES, ()).map_err(told)?.ok_or("no result")?;
    let names: Vec<String> = cursor.column_names().map_err(told)?.collect::<Result<_, _>>().map_err(told)?;
    let buffer = ColumnarAnyBuffer::from_descs(7, names.iter().map(|_| BufferDesc::WText { max_str_len: 4096 }));
    let mut blocks = cursor.bind_buffer(buffer).map_err(told)?;
    while let Some(block) = blocks.fetch().map_err(told)? {
        for row in 0..block.num_rows() {
            let cell = |c: usize| block.column(c).as_w_text_view()?.get(row).map(|t| String::from_utf16_lossy(t));
            let cells = names.iter().enumerate().map(|(c, name)| (name.clone(), cell(c))).collect();
            got.insert(cell(0).unwrap().parse().unwrap(), cells);
        }
    }
    differences(&got, want)
}

/// Cell by cell: long values come in parts.
fn all_types_by_cell(db: &Connection, want: &Rows) -> Outcome {
    let mut got = Rows::new();
    let mut cursor = db.execute(ALL_TYPES, ()).map_err(told)?.ok_or("no result")?;
    let names: Vec<String> = cursor.column_names().map_err(told)?.collect::<Result<_, _>>().map_err(told)?;
    while let Some(mut row) = cursor.next_row().map_err(told)? {
        let mut cells = BTreeMap::new();
        for (i, name) in names.iter().enumerate() {
            let mut text = Vec::new();
            let is_there = row.get_text(i as u16 + 1, &mut text).map_err(told)?;
            cells.insert(name.clone(), is_there.then(|| text_of(&text)));
        }
        got.insert(cells["id"].as_ref().unwrap().parse().unwrap(), cells);
    }
    differences(&got, want)
}

fn long_values(db: &Connection) -> Outcome {
    let sql = "SELECT c_string, c_binary FROM main.default.all_types WHERE id = 18";
    let mut cursor = db.execute(sql, ()).map_err(told)?.ok_or("no result")?;
    let mut row = cursor.next_row().map_err(told)?.ok_or("no row")?;
    let (mut text, mut bytes) = (Vec::new(), Vec::new());
    row.get_text(1, &mut text).map_err(told)?;
    row.get_binary(2, &mut bytes).map_err(told)?;
    equal(text == "0123456789".repeat(10240).into_bytes(), true, "text")?;
    equal(bytes == vec![0x78; 102400], true, "bytes")
}

const TEXTS: [&str; 6] = ["plain", "Grüße, señor", "Ελληνικά", "漢字かな 한국어", "😀 👩‍👩‍👧‍👦 🇬🇷 𝒳 𠮷", "it's \"q\" `b` \\ ? {d '2020-01-01'}"];

fn unicode(db: &Connection) -> Outcome {
    for text in TEXTS {
        equal(texts(db, "SELECT ?", &text.into_parameter())?, vec![text.to_string()], "parameter")?;
        let literal = text.replace('\\', "\\\\").replace('\'', "\\'");
        equal(texts(db, &format!("SELECT '{}'", literal), ())?, vec![text.to_string()], "literal")?;
    }
    Ok(())
}

// ---- parameters ------------------------------------------------------------------------------------------------------

fn asks(db: &Connection, sql: &str, parameter: &impl InputParameter, want: Option<&str>) -> Outcome {
    let got = texts(db, sql, parameter)?;
    equal(got.first().map(String::as_str), want, sql)
}

fn parameters(db: &Connection) -> Outcome {
    asks(db, "SELECT ? + 1", &41i32, Some("42"))?;
    asks(db, "SELECT ?", &i64::MAX, Some("9223372036854775807"))?;
    asks(db, "SELECT ?", &2.5f64, Some("2.5"))?;
    asks(db, "SELECT NOT ?", &Bit(1), Some("0"))?;
    asks(db, "SELECT hex(?)", &VarBinarySlice::new(&[0, 255, 16]), Some("00FF10"))?;
    asks(db, "SELECT ?", &Date { year: 2024, month: 2, day: 29 }.into_parameter(), Some("2024-02-29"))?;
    let noon = Timestamp { year: 2024, month: 2, day: 29, hour: 12, minute: 0, second: 1, fraction: 123_456_000 };
    asks(db, "SELECT ?", &odbc_api::parameter::WithDataType {
        value: noon,
        data_type: odbc_api::DataType::Timestamp { precision: 6 },
    }, Some("2024-02-29 12:00:01.123456"))?;
    asks(db, "SELECT ?", &None::<&str>.into_parameter(), None)?;
    asks(db, "SELECT ? IS NULL", &Nullable::<i32>::null(), Some("1"))?;
    let long = "ü".repeat(70_000);
    asks(db, "SELECT ?", &long.as_str().into_parameter(), Some(&long))?;
    equal(texts(db, "SELECT n_name FROM samples.tpch.nation WHERE n_regionkey = ? AND n_name < ? ORDER BY 1",
        (&1i32, &"C".into_parameter()))?.join(" "), "ARGENTINA BRAZIL".to_string(), "two")
}

fn bulk_insert(db: &Connection, table: &str) -> Outcome {
    db.execute(&format!("DROP TABLE IF EXISTS {}", table), ()).map_err(told)?;
    db.execute(&format!("CREATE TABLE {} (id INT, name STRING)", table), ()).map_err(told)?;
    let prepared = db.prepare(&format!("INSERT INTO {} VALUES (?, ?)", table)).map_err(told)?;
    let mut inserter = prepared.into_text_inserter(500, [10, 40]).map_err(told)?;
    for i in 0..500 {
        let (id, name) = (i.to_string(), format!("näme {}", i));
        let name = if i % 7 == 0 { None } else { Some(name.as_bytes()) };
        inserter.append([Some(id.as_bytes()), name].into_iter()).map_err(told)?;
    }
    inserter.execute().map_err(told)?;
    let sql = format!("SELECT concat_ws(' ', count(*), count(name), max(name)) FROM {}", table);
    equal(texts(db, &sql, ())?, vec!["500 428 näme 99".to_string()], "rows")
}

// ---- statements, errors ----------------------------------------------------------------------------------------------

fn several_open(db: &Connection) -> Outcome {
    let mut open = Vec::new();
    for region in 0..5 {
        let sql = format!("SELECT n_nationkey FROM samples.tpch.nation WHERE n_regionkey = {}", region);
        open.push(db.execute(&sql, ()).map_err(told)?.ok_or("no result")?);
    }
    let mut sum = 0;
    for _ in 0..5 {
        for cursor in &mut open {
            let mut row = cursor.next_row().map_err(told)?.ok_or("a row is missing")?;
            let mut key = 0i32;
            row.get_data(1, &mut key).map_err(told)?;
            sum += key;
        }
    }
    equal(sum, 300, "sum")
}

fn state_of<T>(result: Result<T, Error>) -> String {
    match result {
        Ok(_) => "none".to_string(),
        Err(Error::Diagnostics { record, .. }) => record.state.as_str().to_string(),
        Err(other) => other.to_string(),
    }
}

fn fails_with(db: &Connection, sql: &str, state: &str) -> Outcome {
    equal(state_of(db.execute(sql, ())), state.to_string(), sql)?;
    equal(texts(db, "SELECT 1", ())?, vec!["1".to_string()], "afterwards")
}

fn prepared_again(db: &Connection) -> Outcome {
    let mut statement = db.prepare("SELECT n_name FROM samples.tpch.nation WHERE n_nationkey = ?").map_err(told)?;
    equal(statement.num_result_cols().map_err(told)?, 1, "columns")?;
    for (key, name) in [(0, "ALGERIA"), (3, "CANADA"), (24, "UNITED STATES")] {
        let cursor = statement.execute(&key).map_err(told)?.ok_or("no result")?;
        equal(column_of(cursor, 1)?, vec![name.to_string()], "nation")?;
    }
    Ok(())
}

fn transaction(db: &Connection) -> Outcome {
    db.set_autocommit(false).map_err(told)?;
    equal(texts(db, "SELECT 1", ())?, vec!["1".to_string()], "one")?;
    db.commit().map_err(told)?;
    db.set_autocommit(true).map_err(told)?;
    equal(db.is_dead().map_err(told)?, false, "dead")
}

fn large(db: &Connection) -> Outcome {
    let sql = "SELECT l_orderkey, l_comment FROM samples.tpch.lineitem ORDER BY l_orderkey, l_linenumber LIMIT 100000";
    let mut cursor = db.execute(sql, ()).map_err(told)?.ok_or("no result")?;
    let mut buffer = TextRowSet::for_cursor(1000, &mut cursor, Some(4096)).map_err(told)?;
    let mut blocks = cursor.bind_buffer(&mut buffer).map_err(told)?;
    let mut rows = 0;
    while let Some(block) = blocks.fetch().map_err(told)? {
        rows += block.num_rows();
    }
    equal(rows, 100_000, "rows")
}

fn main() {
    let mut tap = Tap::default();
    let want = read_expected();
    let table = var("DBX_TABLE");
    let env = Environment::new().expect("environment");
    // odbc-api makes room for what is described and refuses a longer value
    let conn = var("DBX_CONN") + "DefaultStringColumnLength=4096;BinaryColumnLength=4096;";
    let open = |conn: &str| env.connect_with_connection_string(conn, ConnectionOptions::default());
    let db = open(&conn).expect("connection");
    // get_text reckons with buffers filled to the last byte, which BINARY as whole pairs of digits does not do
    let filled = open(&(conn.clone() + "WholeCharacterParts=2;")).expect("connection");
    let wide = open(&(conn.clone() + "UseUnicodeSqlCharacterTypes=1;")).expect("connection");

    tap.check("lists tables, also with names outside ASCII", || lists_tables(&db));
    tap.check("lists columns, also with names outside ASCII", || lists_columns(&db, &want));
    tap.check("every type has the expected text in blocks", || all_types_in_blocks(&db, &want));
    tap.check("every type has the expected text in blocks from wide types", || all_types_in_blocks(&wide, &want));
    tap.check("every type has the expected text cell by cell", || all_types_by_cell(&filled, &want));
    tap.check("every type has the expected wide text in blocks", || all_types_in_wide_blocks(&wide, &want));
    tap.check("text and bytes of 100 KiB are whole", || long_values(&db));
    tap.check("every script and emoji comes back", || unicode(&db));
    tap.check("parameters of all kinds and NULL", || parameters(&db));
    tap.check("500 rows are inserted at once", || bulk_insert(&db, &table));
    tap.check("a prepared statement runs again", || prepared_again(&db));
    tap.check("several statements are open at a time", || several_open(&db));
    tap.check("a missing table is 42S02", || fails_with(&db, "SELECT * FROM main.default.no_such_table", "42S02"));
    tap.check("a missing column is 42S22", || fails_with(&db, "SELECT no_such_column FROM main.default.all_types", "42S22"));
    tap.check("a syntax error is 42000", || fails_with(&db, "SELEC 1", "42000"));
    tap.check("a refused token is 28000", || equal(state_of(open(&var("DBX_BAD_CONN"))), "28000".to_string(), "state"));
    tap.check("autocommit goes off and on, commit succeeds", || transaction(&db));
    tap.check("100,000 rows arrive in blocks", || large(&db));
    let _ = db.execute(&format!("DROP TABLE IF EXISTS {}", table), ());
    println!("1..{}", tap.count);
    exit(if tap.failed > 0 { 1 } else { 0 });
}
