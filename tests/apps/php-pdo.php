#!/usr/bin/env php
<?php
// php-pdo.php - PHP's PDO with PDO_ODBC.

declare(strict_types=1);

require __DIR__ . '/lib/tap.php';

$want = expected();
$table = getenv('DBX_TABLE');
$db = connection();

// PDO_ODBC reads in parts what is described with 256 characters or more, which STRING is.
function connection(string $more = '', ?int $cursors = null): PDO
{
    $options = [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION];
    if ($cursors !== null) {
        $options[PDO::ODBC_ATTR_USE_CURSOR_LIBRARY] = $cursors;
    }
    return new PDO('odbc:' . getenv('DBX_CONN') . $more, null, null, $options);
}

function rows(PDO $db, string $sql, array $values = []): array
{
    $statement = $db->prepare($sql);
    $statement->execute($values);
    return $statement->fetchAll(PDO::FETCH_ASSOC);
}

// PDO knows no catalog functions: applications ask the information schema.
function lists_tables_and_columns(): void
{
    global $db, $want;
    $tables = array_column(rows($db, "SELECT table_name FROM samples.information_schema.tables WHERE table_schema = ?", ['tpch']),
        'table_name');
    sort($tables, SORT_STRING);
    equal($tables, $want['tables']['samples.tpch']);
    $columns = array_column(rows($db, "SELECT column_name FROM main.information_schema.columns
        WHERE table_schema = 'default' AND table_name = ? ORDER BY ordinal_position", ['all_types']), 'column_name');
    equal($columns, array_column($want['columns'], 'name'));
}

function all_types_are(PDO $db): void
{
    global $want;
    $rows = rows($db, 'SELECT * FROM main.default.all_types WHERE id <> 18 ORDER BY id');
    foreach ($rows as &$row) {
        $row = array_map(fn($v) => is_int($v) ? (string)$v : $v, $row);
    }
    equal_rows($rows, $want['rows']);
}

function long_values_are_whole(): void
{
    global $db, $want;
    $long = $want['long'];
    $row = rows($db, $long['sql'])[0];
    equal($row['c_string'], str_repeat($long['unit'], intdiv($long['chars'], strlen($long['unit']))), 'text');
    equal($row['c_binary'], str_repeat($long['byte'], $long['bytes']), 'bytes, which PDO asks for as text');
}

function unicode_comes_back(PDO $db): void
{
    global $want;
    foreach ($want['strings'] as $key => $text) {
        equal(rows($db, 'SELECT ? AS t', [$text])[0]['t'], $text, $key);
        $literal = addcslashes($text, "'\\");
        // PDO looks for ? and :name in the text itself, and knows quotes but not backslashes
        if ($key !== 'quotes') {
            equal($db->query("SELECT '$literal' AS t")->fetchColumn(), $text, "$key as a literal");
        }
    }
}

function any_length(): void
{
    global $db;
    foreach ([255, 256, 1000, 65535, 65536, 300000] as $n) {
        equal(rows($db, "SELECT repeat('ü', $n) AS t")[0]['t'], str_repeat('ü', $n), "$n characters");
    }
}

const KINDS = [
    ['BOOLEAN', true, PDO::PARAM_BOOL, '1'],
    ['INT', -2147483648, PDO::PARAM_INT, '-2147483648'],
    ['BIGINT', '9223372036854775807', PDO::PARAM_STR, '9223372036854775807'],
    ['DOUBLE', '2.5', PDO::PARAM_STR, '2.5'],
    ['DECIMAL(38,18)', '-0.000000000000000001', PDO::PARAM_STR, '-0.000000000000000001'],
    ['STRING', "it's ? {d}", PDO::PARAM_STR, "it's ? {d}"],
    ['STRING', '😀 漢字', PDO::PARAM_STR, '😀 漢字'],
    ['DATE', '2024-02-29', PDO::PARAM_STR, '2024-02-29'],
    ['TIMESTAMP', '2024-02-29 23:59:59.123456', PDO::PARAM_STR, '2024-02-29 23:59:59.123456'],
];

function parameters_go_in_and_out(): void
{
    global $db, $table;
    $columns = implode(', ', array_map(fn($i) => "c$i " . KINDS[$i][0], array_keys(KINDS)));
    $db->exec("DROP TABLE IF EXISTS $table");
    $db->exec("CREATE TABLE $table (id INT, $columns)");
    $insert = $db->prepare("INSERT INTO $table VALUES (" . implode(', ', array_fill(0, count(KINDS) + 1, '?')) . ')');
    foreach ([1, 2] as $id) {
        $insert->bindValue(1, $id, PDO::PARAM_INT);
        foreach (KINDS as $i => [, $value, $type]) {
            $insert->bindValue($i + 2, $id === 1 ? $value : null, $id === 1 ? $type : PDO::PARAM_NULL);
        }
        equal($insert->execute(), true);
        equal($insert->rowCount(), 1, 'rows inserted');
    }
    [$filled, $null] = rows($db, "SELECT * FROM $table ORDER BY id");
    foreach (KINDS as $i => [$type, , , $out]) {
        equal((string)$filled["c$i"], $out, $type);
        equal($null["c$i"], null, "$type NULL");
    }
}

function named_parameters(): void
{
    global $db;
    $sql = 'SELECT n_name FROM samples.tpch.nation WHERE n_regionkey = :region AND n_name LIKE :name ORDER BY 1';
    equal(array_column(rows($db, $sql, ['region' => 1, 'name' => '%A']), 'n_name'), ['ARGENTINA', 'CANADA']);
}

function long_parameter(): void
{
    global $db;
    $text = str_repeat('漢字😀 ', 20000);
    equal(rows($db, 'SELECT ? AS t', [$text])[0]['t'], $text);
}

// A stream is sent as data at execution.
function parameter_from_a_stream(): void
{
    global $db;
    $stream = fopen('php://memory', 'w+');
    fwrite($stream, str_repeat('ünïcode ', 10000));
    rewind($stream);
    $statement = $db->prepare('SELECT length(?) AS n');
    $statement->bindParam(1, $stream, PDO::PARAM_LOB);
    $statement->execute();
    equal((string)$statement->fetchColumn(), '80000');
}

function several_statements_open(): void
{
    global $db;
    $open = [];
    for ($i = 0; $i < 5; $i++) {
        $open[] = $db->query("SELECT n_nationkey FROM samples.tpch.nation WHERE n_regionkey = $i ORDER BY 1");
    }
    $keys = [];
    for ($row = 0; $row < 5; $row++) {
        foreach ($open as $result) {
            $keys[] = (int)$result->fetchColumn();
        }
    }
    sort($keys);
    equal($keys, range(0, 24));
}

function state_of(callable $what): string
{
    try {
        $what();
    } catch (PDOException $e) {
        return preg_match('/^SQLSTATE\[(\w+)\]/', $e->getMessage(), $found) ? $found[1] : $e->getMessage();
    }
    return 'none';
}

function fails_with(string $key): void
{
    global $db, $want;
    equal(state_of(fn() => $db->query($want['errors'][$key]['sql'])), $want['errors'][$key]['state']);
    equal((string)$db->query('SELECT 1')->fetchColumn(), '1', 'afterwards');
}

function bad_token(): void
{
    equal(state_of(fn() => new PDO('odbc:' . getenv('DBX_BAD_CONN'))), '28000');
}

function transactions(): void
{
    $db = connection();
    $db->beginTransaction();
    equal((string)$db->query('SELECT 1')->fetchColumn(), '1');
    equal($db->commit(), true);
}

function scrolls(): void
{
    global $db;
    $statement = $db->prepare('SELECT n_nationkey FROM samples.tpch.nation ORDER BY 1', [PDO::ATTR_CURSOR => PDO::CURSOR_SCROLL]);
    $statement->execute();
    $at = fn(int $how, int $n = 0) => (string)$statement->fetch(PDO::FETCH_NUM, $how, $n)[0];
    equal($at(PDO::FETCH_ORI_ABS, 10), '9');
    equal($at(PDO::FETCH_ORI_PRIOR), '8');
    equal($at(PDO::FETCH_ORI_LAST), '24');
    equal($at(PDO::FETCH_ORI_FIRST), '0');
    equal($at(PDO::FETCH_ORI_REL, 3), '3');
}

function hundred_thousand_rows(): void
{
    global $db, $want;
    $n = 0;
    foreach ($db->query($want['large']['sql'], PDO::FETCH_NUM) as $row) {
        $n++;
    }
    equal($n, $want['large']['rows']);
}

Tap::check('lists tables and columns of the information schema', lists_tables_and_columns(...));
Tap::check('every type has the expected text', fn() => all_types_are($db));
Tap::check('every type has the expected text as wide types', fn() => all_types_are(connection(';UseUnicodeSqlCharacterTypes=1')));
Tap::check('every type has the expected text with the driver\'s cursors',
    fn() => all_types_are(connection('', PDO::ODBC_SQL_USE_DRIVER)));
Tap::check('text and bytes of 100 KiB are whole', long_values_are_whole(...));
Tap::check('text of any length is whole without a key', any_length(...));
Tap::check('every script and emoji comes back', fn() => unicode_comes_back($db));
Tap::check('every script and emoji comes back from wide types', fn() => unicode_comes_back(connection(';UseUnicodeSqlCharacterTypes=1')));
Tap::check('parameters of all kinds and NULL go in and come out', parameters_go_in_and_out(...));
Tap::check('named parameters', named_parameters(...));
Tap::check('a parameter of 200 KB comes back', long_parameter(...));
Tap::check('a parameter comes from a stream', parameter_from_a_stream(...));
Tap::check('several statements are open at a time', several_statements_open(...));
Tap::check('a cursor goes to any row', scrolls(...));
Tap::check('a missing table is 42S02', fn() => fails_with('missing_table'));
Tap::check('a missing column is 42S22', fn() => fails_with('missing_column'));
Tap::check('a syntax error is 42000', fn() => fails_with('syntax'));
Tap::check('a refused token is 28000', bad_token(...));
Tap::check('begin and commit succeed', transactions(...));
Tap::check('100,000 rows arrive', hundred_thousand_rows(...));
$db->exec("DROP TABLE IF EXISTS $table");
Tap::done();
