// node-odbc: npm's odbc, as services use it.
'use strict';

const fs = require('fs');
const odbc = require('odbc');

const want = JSON.parse(fs.readFileSync(process.env.DBX_EXPECTED, 'utf8'));
const table = process.env.DBX_TABLE;
let count = 0;
let failed = 0;
let db;

// ---- TAP -------------------------------------------------------------------------------------------------------------

async function check(name, test) {
  count += 1;
  try {
    await test();
    console.log(`ok ${count} - ${name}`);
  } catch (e) {
    failed += 1;
    const told = (e.odbcErrors || []).map((r) => `${r.state} ${r.message}`).join('\n');
    console.log(`not ok ${count} - ${name}\n# ${`${e.stack}\n${told}`.trim().replace(/\n/g, '\n# ')}`);
  }
}

function shown(v) {
  const text = typeof v === 'bigint' ? `${v}n` : JSON.stringify(v);
  return text && text.length > 200 ? `${text.slice(0, 200)}… of ${text.length}` : text;
}

function equal(got, wanted, what) {
  if (typeof wanted === 'object' && wanted !== null) {
    if (JSON.stringify(got) !== JSON.stringify(wanted)) throw new Error(`${what}: got ${shown(got)}, want ${shown(wanted)}`);
  } else if (!Object.is(got, wanted)) {
    throw new Error(`${what}: got ${shown(got)}, want ${shown(wanted)}`);
  }
}

// ---- the connection --------------------------------------------------------------------------------------------------

// The package makes room for as many characters as are described, unless the type is long, and cuts what is longer.
const connection = (more = '') => odbc.connect(`${process.env.DBX_CONN}${more}`);

const names = (rows, column) => rows.map((r) => r[column]);

async function listsTables() {
  equal(names(await db.tables('samples', 'tpch', null, null), 'TABLE_NAME').sort(), want.tables['samples.tpch'], 'tables');
  const tables = names(await db.tables('main', 'unicode', null, 'TABLE'), 'TABLE_NAME');
  equal(tables.sort(), [...want.tables['main.unicode']].sort(), 'tables');
}

async function listsColumns() {
  equal(names(await db.columns('main', 'default', 'all\\_types', null), 'COLUMN_NAME'), names(want.columns, 'name'), 'columns');
  equal(names(await db.columns('main', 'unicode', '表名', null), 'COLUMN_NAME'), want.unicode_columns, 'columns');
  equal(names(await db.primaryKeys('samples', 'tpch', 'region'), 'COLUMN_NAME').length <= 1, true, 'primary keys');
}

// ---- values ----------------------------------------------------------------------------------------------------------

// The package reads TINYINT as if it had no sign, and FLOAT into a buffer without room for sign and exponent: the driver refuses
// what does not fit (22003). A negative DECIMAL that fills its precision loses its last digit, since the package does not look at
// the driver's warning (01004). The casts say what to do instead.
const CASTS = { TINYINT: 'SMALLINT', FLOAT: 'DOUBLE', DECIMAL: 'STRING' };

function selected({ name, type }) {
  const cast = CASTS[type.replace(/\(.*/, '')];
  return cast ? `CAST(${name} AS ${cast}) AS ${name}` : name;
}

function sameNumber(got, text, type) {
  const wanted = { NaN: NaN, Infinity, '-Infinity': -Infinity }[text] ?? Number(text);
  return Object.is(type === 'FLOAT' ? Math.fround(got) : got, type === 'FLOAT' ? Math.fround(wanted) : wanted);
}

function sameCell(got, text, type) {
  if (got === null || text === null) return got === text;
  if (got instanceof ArrayBuffer) return Buffer.from(got).toString('hex').toUpperCase() === text;
  if (typeof got === 'number') return sameNumber(got, text, type);
  return String(got) === text;
}

function cellsThatDiffer(rows) {
  const bad = [];
  for (const row of rows) {
    for (const { name, type } of want.columns) {
      const text = want.rows[row.id][name];
      if (!sameCell(row[name], text, type)) bad.push(`row ${row.id}, ${name}: got ${shown(row[name])}, want ${shown(text)}`);
    }
  }
  return bad;
}

async function allTypes(db) {
  const rows = await db.query(
    `SELECT ${want.columns.map(selected).join(', ')} FROM main.default.all_types WHERE id <> 18 ORDER BY id`);
  equal(rows.length, Object.keys(want.rows).length, 'rows');
  equal(cellsThatDiffer(rows).join('\n'), '', 'differences');
}

// Never a wrong value without a word: what the package has no room for is an error of the statement.
async function whatDoesNotFit() {
  for (const sql of ['SELECT CAST(-1 AS TINYINT) AS v', "SELECT CAST('-3.4028235E38' AS FLOAT) AS v"]) {
    equal(await stateOf(() => db.query(sql)), '22003', sql);
  }
}

async function longValues() {
  const [row] = await (await connection('StringAsLong=1;')).query(want.long.sql);
  equal(row.c_string, want.long.unit.repeat(want.long.chars / want.long.unit.length), 'text');
  equal(Buffer.from(row.c_binary).equals(Buffer.alloc(want.long.bytes, want.long.byte, 'hex')), true, 'bytes');
}

async function withoutKeys() {
  for (const [unit, n] of [['x', 255], ['x', 1025], ['x', 65535], ['ü', 65535], ['漢', 65535], ['😀', 65535]]) {
    equal((await db.query(`SELECT repeat('${unit}', ${n}) AS t`))[0].t, unit.repeat(n), `${n} times ${unit}`);
  }
}

async function unicode(db) {
  for (const [key, text] of Object.entries(want.strings)) {
    equal((await db.query('SELECT ? AS t', [text]))[0].t, text, key);
    const literal = text.replace(/['\\]/g, '\\$&');
    equal((await db.query(`SELECT '${literal}' AS t`))[0].t, text, `${key} as a literal`);
  }
}

// ---- parameters ------------------------------------------------------------------------------------------------------

const KINDS = [
  ['BOOLEAN', true, '1'],
  ['INT', -2147483648, '-2147483648'],
  ['BIGINT', 9223372036854775807n, '9223372036854775807'],
  ['DOUBLE', 2.5, '2.5'],
  ['DECIMAL(20,4)', '-0.0001', '-0.0001'],
  ['STRING', "it's ? {d}", "it's ? {d}"],
  ['STRING', '😀 漢字', '😀 漢字'],
  ['STRING', '', ''],
  ['STRING', 'ü'.repeat(70000), 'ü'.repeat(70000)],
  ['BINARY', Buffer.from([0, 255, 16]), '00FF10'],
  ['DATE', '2024-02-29', '2024-02-29'],
  ['TIMESTAMP_NTZ', '2024-02-29 23:59:59.123456', '2024-02-29 23:59:59.123456'],
];

async function parameters() {
  const wide = await connection('StringAsLong=1;');
  await wide.query(`DROP TABLE IF EXISTS ${table}`);
  await wide.query(`CREATE TABLE ${table} (id INT, ${KINDS.map(([type], i) => `c${i} ${type}`).join(', ')})`);
  const insert = `INSERT INTO ${table} VALUES (?, ${KINDS.map(() => '?').join(', ')})`;
  equal((await wide.query(insert, [1, ...KINDS.map((k) => k[1])])).count, 1, 'rows inserted');
  equal((await wide.query(insert, [2, ...KINDS.map(() => null)])).count, 1, 'rows inserted');
  const [filled, none] = await wide.query(`SELECT * FROM ${table} ORDER BY id`);
  KINDS.forEach(([type, , text], i) => {
    equal(sameCell(filled[`c${i}`], text, type), true, `${type} is ${shown(filled[`c${i}`])}`);
    equal(none[`c${i}`], null, `${type} NULL`);
  });
  await wide.close();
}

async function prepared() {
  const statement = await db.createStatement();
  await statement.prepare('SELECT n_name FROM samples.tpch.nation WHERE n_nationkey = ?');
  for (const [key, name] of [[0, 'ALGERIA'], [3, 'CANADA'], [24, 'UNITED STATES']]) {
    await statement.bind([key]);
    equal((await statement.execute())[0].n_name, name, `nation ${key}`);
  }
  await statement.close();
}

// ---- statements, errors ----------------------------------------------------------------------------------------------

async function severalOpen() {
  const open = await Promise.all([0, 1, 2, 3, 4].map((region) => db.query(
    `SELECT n_nationkey FROM samples.tpch.nation WHERE n_regionkey = ${region}`, { cursor: true, fetchSize: 2 })));
  let sum = 0;
  while (!open.every((c) => c.noData)) {
    for (const cursor of open.filter((c) => !c.noData)) sum += (await cursor.fetch()).reduce((n, r) => n + Number(r.n_nationkey), 0);
  }
  await Promise.all(open.map((c) => c.close()));
  equal(sum, 300, 'sum');
}

async function manyAtOnce() {
  const pool = await odbc.pool({ connectionString: process.env.DBX_CONN, initialSize: 2, maxSize: 4 });
  const answers = await Promise.all([...Array(40).keys()].map((i) => pool.query(`SELECT ${i} + 1 AS n`)));
  equal(answers.map((rows) => rows[0].n), [...Array(40).keys()].map((i) => i + 1), 'answers');
  await pool.close();
}

async function stateOf(call) {
  try {
    await call();
  } catch (e) {
    return e.odbcErrors && e.odbcErrors.length ? e.odbcErrors[0].state : `no state: ${e.message}`;
  }
  return 'none';
}

async function failsWith(key) {
  equal(await stateOf(() => db.query(want.errors[key].sql)), want.errors[key].state, 'state');
  equal((await db.query('SELECT 1 AS one'))[0].one, 1, 'afterwards');
}

async function transaction() {
  await db.beginTransaction();
  equal((await db.query('SELECT 1 AS one'))[0].one, 1, 'one');
  await db.commit();
}

async function largeIn(fetchSize) {
  const cursor = await db.query(want.large.sql, { cursor: true, fetchSize });
  let rows = 0;
  while (!cursor.noData) rows += (await cursor.fetch()).length;
  await cursor.close();
  equal(rows, want.large.rows, 'rows');
}

async function main() {
  db = await connection();
  await check('lists tables, also with names outside ASCII', listsTables);
  await check('lists columns, also with names outside ASCII', listsColumns);
  await check('every type has the expected value', () => allTypes(db));
  await check('every type has the expected value as wide types', async () => allTypes(await connection('UseUnicodeSqlCharacterTypes=1;')));
  await check('every type has the expected value as long types', async () => allTypes(await connection('StringAsLong=1;')));
  await check('text of up to 65,535 characters is whole without a key', withoutKeys);
  await check('what the package has no room for is refused', whatDoesNotFit);
  await check('text and bytes of 100 KiB are whole', longValues);
  await check('every script and emoji comes back', () => unicode(db));
  await check('parameters of all kinds and NULL go in and come out', parameters);
  await check('a prepared statement runs again', prepared);
  await check('several statements are open at a time', severalOpen);
  await check('a pool answers many at once', manyAtOnce);
  await check('a missing table is 42S02', () => failsWith('missing_table'));
  await check('a missing column is 42S22', () => failsWith('missing_column'));
  await check('a syntax error is 42000', () => failsWith('syntax'));
  await check('a refused token is 28000', async () => equal(await stateOf(() => odbc.connect(process.env.DBX_BAD_CONN)), '28000', 'state'));
  await check('begin and commit succeed', transaction);
  await check('100,000 rows arrive in blocks', () => largeIn(1000));
  await db.query(`DROP TABLE IF EXISTS ${table}`);
  await db.close();
  console.log(`1..${count}`);
  process.exitCode = failed ? 1 : 0;
}

main();
