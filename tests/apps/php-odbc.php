#!/usr/bin/env php
<?php
// php-odbc.php - PHP's odbc_ functions.

declare(strict_types=1);

require __DIR__ . '/lib/tap.php';

$want = expected();
$table = getenv('DBX_TABLE');
$db = connection();

// SQL_CUR_USE_IF_NEEDED brings in the driver manager's cursor library when the driver itself cannot scroll.
function connection(string $more = '', int $cursor = SQL_CUR_USE_DRIVER)
{
    return odbc_connect(getenv('DBX_CONN') . $more, '', '', $cursor);
}

function rows($result, int $long = 200000): array
{
    odbc_longreadlen($result, $long);
    odbc_binmode($result, ODBC_BINMODE_RETURN);
    $rows = [];
    while ($row = odbc_fetch_array($result)) {
        $rows[] = $row;
    }
    return $rows;
}

function names($result, string $column): array
{
    return array_column(rows($result), $column);
}

function sorted(array $names): array
{
    sort($names, SORT_STRING);
    return $names;
}

function lists_tables(): void
{
    global $db, $want;
    equal(sorted(names(odbc_tables($db, 'samples', 'tpch', '%'), 'TABLE_NAME')), sorted($want['tables']['samples.tpch']));
    equal(sorted(names(odbc_tables($db, 'main', 'unicode', '%', 'TABLE'), 'TABLE_NAME')), sorted($want['tables']['main.unicode']));
    equal(names(odbc_tables($db, 'main', 'default', 'all\\_types'), 'TABLE_NAME'), ['all_types']);
}

function lists_columns(): void
{
    global $db, $want;
    equal(names(odbc_columns($db, 'main', 'default', 'all\\_types', '%'), 'COLUMN_NAME'), array_column($want['columns'], 'name'));
    equal(names(odbc_columns($db, 'main', 'unicode', '表名', '%'), 'COLUMN_NAME'), $want['unicode_columns']);
}

function all_types_are($db): void
{
    global $want;
    $rows = rows(odbc_exec($db, 'SELECT * FROM main.default.all_types WHERE id <> 18 ORDER BY id'));
    foreach ($rows as &$row) {
        $row['c_binary'] = $row['c_binary'] === null ? null : strtoupper(bin2hex($row['c_binary']));
    }
    equal_rows($rows, $want['rows']);
}

function long_values_are_whole($db): void
{
    global $want;
    $long = $want['long'];
    $row = rows(odbc_exec($db, $long['sql']))[0];
    equal($row['c_string'], str_repeat($long['unit'], intdiv($long['chars'], strlen($long['unit']))), 'text');
    equal($row['c_binary'], str_repeat(hex2bin($long['byte']), $long['bytes']), 'bytes');
}

function unicode_comes_back(): void
{
    global $db, $want;
    foreach ($want['strings'] as $key => $text) {
        $statement = odbc_prepare($db, 'SELECT ? AS t');
        odbc_execute($statement, [$text]);
        equal(rows($statement)[0]['t'], $text, $key);
        equal(rows(odbc_exec($db, "SELECT '" . addcslashes($text, "'\\") . "' AS t"))[0]['t'], $text, "$key as a literal");
    }
}

// Bound with as many bytes as are described characters.
function without_keys(): void
{
    global $db;
    foreach ([['x', 255], ['x', 1025], ['x', 65535], ['ü', 32767], ['漢', 21845]] as [$unit, $n]) {
        equal(rows(odbc_exec($db, "SELECT repeat('$unit', $n) AS t"))[0]['t'], str_repeat($unit, $n), "$n times $unit");
    }
}

const KINDS = [
    ['BOOLEAN', '1', '1'],
    ['TINYINT', '-128', '-128'],
    ['INT', '-2147483648', '-2147483648'],
    ['BIGINT', '9223372036854775807', '9223372036854775807'],
    ['DOUBLE', '2.5', '2.5'],
    ['DECIMAL(38,18)', '-0.000000000000000001', '-0.000000000000000001'],
    ['STRING', "it's ? {d}", "it's ? {d}"],
    ['STRING', '😀 漢字', '😀 漢字'],
    ['DATE', '2024-02-29', '2024-02-29'],
    ['TIMESTAMP', '2024-02-29 23:59:59.123456', '2024-02-29 23:59:59.123456'],
];

function parameters_go_in_and_out(): void
{
    global $db, $table;
    $columns = implode(', ', array_map(fn($i) => "c$i " . KINDS[$i][0], array_keys(KINDS)));
    odbc_exec($db, "DROP TABLE IF EXISTS $table");
    odbc_exec($db, "CREATE TABLE $table (id INT, $columns)");
    $marks = implode(', ', array_fill(0, count(KINDS) + 1, '?'));
    $insert = odbc_prepare($db, "INSERT INTO $table VALUES ($marks)");
    equal(odbc_execute($insert, array_merge([1], array_column(KINDS, 1))), true);
    equal(odbc_num_rows($insert), 1, 'rows inserted');
    equal(odbc_execute($insert, array_merge([2], array_fill(0, count(KINDS), null))), true);
    [$filled, $null] = rows(odbc_exec($db, "SELECT * FROM $table ORDER BY id"));
    foreach (KINDS as $i => [$type, , $out]) {
        equal($filled["c$i"], $out, $type);
        equal($null["c$i"], null, "$type NULL");
    }
}

// A parameter 'path' in quotes is the content of that file, sent as data at execution.
function parameter_from_a_file(): void
{
    global $db;
    $path = tempnam(getenv('DBX_SCRATCH'), 'php');
    $text = str_repeat('ünïcode ', 10000);
    file_put_contents($path, $text);
    $statement = odbc_prepare($db, 'SELECT length(?) AS n');
    odbc_execute($statement, ["'$path'"]);
    equal(rows($statement)[0]['n'], '80000');
}

function long_parameter(): void
{
    $db = connection(';StringAsLong=1');
    $text = str_repeat('漢字😀 ', 20000);
    $statement = odbc_prepare($db, 'SELECT ? AS t');
    odbc_execute($statement, [$text]);
    equal(rows($statement, 1000000)[0]['t'], $text);
}

function several_statements_open(): void
{
    global $db;
    $open = [];
    for ($i = 0; $i < 5; $i++) {
        $open[] = odbc_exec($db, "SELECT n_nationkey FROM samples.tpch.nation WHERE n_regionkey = $i ORDER BY 1");
    }
    $keys = [];
    for ($row = 0; $row < 5; $row++) {
        foreach ($open as $result) {
            odbc_fetch_row($result);
            $keys[] = (int)odbc_result($result, 1);
        }
    }
    sort($keys);
    equal($keys, range(0, 24));
}

function state_of(callable $what, $db): string
{
    try {
        $what();
    } catch (ErrorException $e) {
        return $db ? odbc_error($db) : odbc_error();
    }
    return 'none';
}

// These functions are an ODBC 2 application: the driver manager gives it the states of ODBC 2.
function fails_with(string $key, string $state): void
{
    global $db, $want;
    equal(state_of(fn() => odbc_exec($db, $want['errors'][$key]['sql']), $db), $state);
    equal(rows(odbc_exec($db, 'SELECT 1 AS one'))[0]['one'], '1', 'afterwards');
}

function bad_token(): void
{
    equal(state_of(fn() => odbc_connect(getenv('DBX_BAD_CONN'), '', ''), null), '28000');
}

function scrolls(): void
{
    $db = connection('', SQL_CUR_USE_IF_NEEDED);
    $result = odbc_exec($db, 'SELECT n_nationkey FROM samples.tpch.nation ORDER BY 1');
    equal(odbc_fetch_row($result, 10), true, 'row 10');
    equal(odbc_result($result, 1), '9');
    equal(odbc_fetch_row($result, 2), true, 'row 2');
    equal(odbc_result($result, 1), '1');
    equal(odbc_fetch_row($result, 26), false, 'row 26');
}

function transactions(): void
{
    $db = connection();
    equal(odbc_autocommit($db), 1);
    equal(rows(odbc_exec($db, 'SELECT 1 AS one'))[0]['one'], '1');
    equal(odbc_commit($db), true);
}

function hundred_thousand_rows(): void
{
    global $db, $want;
    $result = odbc_exec($db, $want['large']['sql']);
    $n = 0;
    while (odbc_fetch_row($result)) {
        $n++;
    }
    equal($n, $want['large']['rows']);
}

function result_is_described(): void
{
    global $db;
    $result = odbc_exec($db, 'SELECT id, c_decimal_10_2, c_varchar, c_date FROM main.default.all_types LIMIT 0');
    equal(odbc_num_fields($result), 4);
    equal([odbc_field_name($result, 2), odbc_field_type($result, 2)], ['c_decimal_10_2', 'DECIMAL']);
    equal([odbc_field_len($result, 2), odbc_field_scale($result, 2)], [10, 2]);
    equal(odbc_fetch_row($result), false);
}

Tap::check('lists tables, also with names outside ASCII', lists_tables(...));
Tap::check('lists columns, also with names outside ASCII', lists_columns(...));
Tap::check('every type has the expected text', fn() => all_types_are(connection()));
Tap::check('every type has the expected text as long types', fn() => all_types_are(connection(';StringAsLong=1')));
Tap::check('every type has the expected text as wide long types',
    fn() => all_types_are(connection(';StringAsLong=1;UseUnicodeSqlCharacterTypes=1')));
Tap::check('a result is described', result_is_described(...));
Tap::check('text and bytes of 100 KiB are whole',
    fn() => long_values_are_whole(connection(';StringAsLong=1')));
Tap::check('text of up to 65,535 bytes is whole without a key', without_keys(...));
Tap::check('every script and emoji comes back', unicode_comes_back(...));
Tap::check('parameters of all kinds and NULL go in and come out', parameters_go_in_and_out(...));
Tap::check('a parameter of 200 KB comes back', long_parameter(...));
Tap::check('a parameter comes from a file', parameter_from_a_file(...));
Tap::check('several statements are open at a time', several_statements_open(...));
Tap::check('a missing table is S0002', fn() => fails_with('missing_table', 'S0002'));
Tap::check('a missing column is S0022', fn() => fails_with('missing_column', 'S0022'));
Tap::check('a syntax error is 37000', fn() => fails_with('syntax', '37000'));
Tap::check('a refused token is 28000', bad_token(...));
Tap::check('commit succeeds', transactions(...));
Tap::check('100,000 rows arrive', hundred_thousand_rows(...));
Tap::check('rows are reached by number', scrolls(...));
Tap::check('every type has the expected text, scrollable cursor if needed', fn() => all_types_are(connection('', SQL_CUR_USE_IF_NEEDED)));
odbc_exec($db, "DROP TABLE IF EXISTS $table");
Tap::done();
