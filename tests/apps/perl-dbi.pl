#!/usr/bin/env perl
# perl-dbi.pl - DBI with DBD::ODBC, as Perl programs use it.
use strict;
use warnings;
use utf8;
use DBI qw(:sql_types);
use JSON::PP;

binmode STDOUT, ':utf8';
$| = 1;
my $want = decode_json(slurp($ENV{DBX_EXPECTED}));
my $table = $ENV{DBX_TABLE};
my ($count, $failed) = (0, 0);

sub slurp {
    open my $file, '<:raw', shift or die $!;
    local $/;
    return <$file>;
}

# ---- TAP -------------------------------------------------------------------------------------------------------------

sub check {
    my ($name, $test) = @_;
    my $ok = eval { $test->(); 1 };
    $count++;
    $failed++ unless $ok;
    print $ok ? "ok $count - $name\n" : "not ok $count - $name\n";
    return if $ok;
    my $why = $@ // '?';
    $why =~ s/^/# /mg;
    print "$why\n";
}

sub shown {
    my $v = shift;
    return 'NULL' unless defined $v;
    return length $v > 200 ? substr($v, 0, 200) . '… of ' . length($v) : "'$v'";
}

sub equal {
    my ($got, $wanted, $what) = @_;
    return if defined $got ? defined $wanted && $got eq $wanted : !defined $wanted;
    die(($what // 'value') . ': got ' . shown($got) . ', want ' . shown($wanted) . "\n");
}

# ---- the connection --------------------------------------------------------------------------------------------------

# DBD::ODBC asks for bytes unless it was built for Unicode; the driver's bytes are UTF-8, which odbc_utf8_on tells it.
sub connection {
    my ($more) = @_;
    return DBI->connect("dbi:ODBC:$ENV{DBX_CONN}" . ($more // ''), undef, undef,
        { RaiseError => 1, PrintError => 0, LongReadLen => 200_000, odbc_utf8_on => 1 });
}

my $db = connection();
my $wide = connection(';StringAsLong=1');     # as long as LongReadLen

# ODBC sorts by type, catalog, schema and then name: views after tables
sub names { return join ' ', sort map { $_->[2] } @{ $_[0]->fetchall_arrayref } }

sub lists_tables {
    equal(names($db->table_info('samples', 'tpch', '%', undef)), join(' ', @{ $want->{tables}{'samples.tpch'} }));
    equal(names($db->table_info('main', 'unicode', '%', 'TABLE')), join(' ', @{ $want->{tables}{'main.unicode'} }));
}

sub lists_columns {
    my $info = $db->column_info('main', 'default', 'all_types', '%')->fetchall_arrayref({});
    equal(join(' ', map { $_->{COLUMN_NAME} } @$info), join(' ', map { $_->{name} } @{ $want->{columns} }));
    $info = $db->column_info('main', 'unicode', '表名', '%')->fetchall_arrayref({});
    equal(join('|', map { $_->{COLUMN_NAME} } @$info), join('|', @{ $want->{unicode_columns} }));
}

# ---- values ----------------------------------------------------------------------------------------------------------

# BINARY arrives as bytes, wide numbers as text: all of it can be compared as text.
sub all_types_are {
    my ($db) = @_;
    my $rows = $db->selectall_arrayref('SELECT * FROM main.default.all_types WHERE id <> 18 ORDER BY id', { Slice => {} });
    equal(scalar @$rows, scalar keys %{ $want->{rows} }, 'rows');
    my @bad;
    for my $row (@$rows) {
        my $cells = $want->{rows}{ $row->{id} };
        for my $name (map { $_->{name} } @{ $want->{columns} }) {
            my $got = $row->{$name};
            $got = uc unpack 'H*', $got if defined $got && $name eq 'c_binary';
            eval { equal($got, $cells->{$name}, "row $row->{id}, $name"); 1 } or push @bad, $@;
        }
    }
    die @bad if @bad;
}

sub long_values_are_whole {
    my ($text, $bytes) = $wide->selectrow_array($want->{long}{sql});
    equal($text, $want->{long}{unit} x ($want->{long}{chars} / length $want->{long}{unit}), 'text');
    equal($bytes, pack('H*', $want->{long}{byte}) x $want->{long}{bytes}, 'bytes');
}

# Bound with as many bytes as are described characters.
sub whole_without_keys {
    for (['x', 255], ['x', 1025], ['x', 65535], ["\x{fc}", 32767], ["\x{6f22}", 21845]) {
        my ($unit, $n) = @$_;
        my ($text) = $db->selectrow_array("SELECT repeat(CHR(?), $n) AS t", undef, ord $unit);
        equal($text, $unit x $n, "$n times " . ord $unit);
    }
}

# What DBD::ODBC does with a value longer than described: it binds by the described size and tells the driver's 01004.
sub longer_than_described {
    my $plain = connection(';DefaultStringColumnLength=255');
    my $ok = eval { $plain->selectrow_array("SELECT repeat('x', 1000) AS t"); 1 };
    die "a value that was cut must be an error\n" if $ok;
    equal($plain->state, '01004');
    my $handle = $plain->prepare("SELECT repeat('x', 1000) AS t");
    $handle->{LongTruncOk} = 1;
    $handle->execute;
    my ($text) = $handle->fetchrow_array;
    equal(substr($text, 0, 255), 'x' x 255, 'the part that fits');
}

sub unicode_comes_back {
    my ($type) = @_;
    for my $key (sort keys %{ $want->{strings} }) {
        my $text = $want->{strings}{$key};
        my $handle = $db->prepare('SELECT ? AS t');
        $handle->bind_param(1, $text, $type);
        $handle->execute;
        equal(($handle->fetchrow_array)[0], $text, $key);
        my $literal = $text =~ s/(['\\])/\\$1/gr;
        $handle = $db->prepare("SELECT '$literal' AS t", { odbc_ignore_named_placeholders => 1 });
        $handle->execute;
        equal(($handle->fetchrow_array)[0], $text, "$key as a literal");
    }
}

# ---- parameters ------------------------------------------------------------------------------------------------------

# type of the table's column, the DBI type, the value in, the value out
my @KINDS = (
    [ 'BOOLEAN', SQL_BIT, 1, 1 ],
    [ 'INT', SQL_INTEGER, -2147483648, -2147483648 ],
    [ 'BIGINT', SQL_BIGINT, '9223372036854775807', '9223372036854775807' ],
    [ 'DOUBLE', SQL_DOUBLE, 2.5, 2.5 ],
    [ 'DECIMAL(38,0)', SQL_DECIMAL, '-99999999999999999999999999999999999999', '-99999999999999999999999999999999999999' ],
    [ 'DECIMAL(38,18)', SQL_VARCHAR, '-0.000000000000000001', '-0.000000000000000001' ],
    [ 'STRING', SQL_VARCHAR, 'it\'s ? {d}', 'it\'s ? {d}' ],
    [ 'STRING', SQL_WVARCHAR, '😀 漢字', '😀 漢字' ],
    [ 'STRING', SQL_WLONGVARCHAR, 'ü' x 70_000, 'ü' x 70_000 ],
    [ 'BINARY', SQL_VARBINARY, "\x00\xff\x10", "\x00\xff\x10" ],
    [ 'BINARY', SQL_LONGVARBINARY, "\x80" x 70_000, "\x80" x 70_000 ],
    [ 'DATE', SQL_TYPE_DATE, '2024-02-29', '2024-02-29' ],
    [ 'TIMESTAMP', SQL_TYPE_TIMESTAMP, '2024-02-29 23:59:59.123456', '2024-02-29 23:59:59.123456' ],
    [ 'TIMESTAMP_NTZ', SQL_TYPE_TIMESTAMP, '0001-01-01 00:00:00.000', '0001-01-01 00:00:00' ],
);

sub parameters_go_in_and_out {
    my @columns = map { "c$_ $KINDS[$_][0]" } 0 .. $#KINDS;
    $db->do("DROP TABLE IF EXISTS $table");
    $db->do("CREATE TABLE $table (id INT, " . join(', ', @columns) . ')');
    my $insert = $db->prepare("INSERT INTO $table VALUES (" . join(', ', ('?') x (@KINDS + 1)) . ')');
    for my $id (1, 2) {
        $insert->bind_param(1, $id, SQL_INTEGER);
        $insert->bind_param($_ + 2, $id == 1 ? $KINDS[$_][2] : undef, $KINDS[$_][1]) for 0 .. $#KINDS;
        equal($insert->execute, 1, 'rows inserted');
    }
    my ($filled, $null) = @{ $wide->selectall_arrayref("SELECT * FROM $table ORDER BY id") };
    equal($filled->[ $_ + 1 ], $KINDS[$_][3], "$KINDS[$_][0] (type $KINDS[$_][1])") for 0 .. $#KINDS;
    equal($null->[ $_ + 1 ], undef, "$KINDS[$_][0] NULL") for 0 .. $#KINDS;
}

# DBD::ODBC binds SQL_DECIMAL with scale 0, always: a fraction would be lost, so it is refused.
sub fraction_is_not_lost {
    my $handle = $db->prepare('SELECT ? AS d');
    $handle->bind_param(1, '1.25', SQL_DECIMAL);
    my $ok = eval { $handle->execute; 1 };
    die 'the fraction was lost: ' . join(',', $handle->fetchrow_array) . "\n" if $ok;
    equal($handle->state, '22001');
}

# DBD::ODBC asks SQLDescribeParam when no type is named
sub parameters_without_types {
    my ($n) = $db->selectrow_array('SELECT count(*) FROM samples.tpch.nation WHERE n_regionkey = ? AND n_name <> ?', undef, 1, 'CANADA');
    equal($n, 4);
    my @row = $db->selectrow_array('SELECT ? AS a, ? AS b, ? AS c', undef, 42, undef, '漢字');
    equal($row[0], 42);
    equal($row[1], undef);
    equal($row[2], '漢字');
}

sub named_parameters {
    my $handle = $db->prepare('SELECT n_name FROM samples.tpch.nation WHERE n_nationkey = :key');
    $handle->bind_param('key', 3, SQL_INTEGER);
    $handle->execute;
    equal($handle->fetchrow_array, 'CANADA');
}

sub array_of_parameters {
    $db->do("DROP TABLE IF EXISTS $table");
    $db->do("CREATE TABLE $table (id INT, name STRING)");
    my $insert = $db->prepare("INSERT INTO $table VALUES (?, ?)");
    $insert->bind_param_array(1, [ 1 .. 500 ], SQL_INTEGER);
    $insert->bind_param_array(2, [ map { $_ % 7 ? "näme $_" : undef } 1 .. 500 ], SQL_WVARCHAR);
    my $rows = $insert->execute_array({ ArrayTupleStatus => \my @status });
    equal($rows, 500, 'rows inserted');
    my ($n, $nulls, $last) = $db->selectrow_array("SELECT count(*), count(*) - count(name), max(name) FROM $table");
    equal("$n $nulls $last", '500 71 näme 99');
}

# ---- statements, errors, transactions --------------------------------------------------------------------------------

sub several_statements_open {
    my @open = map { $db->prepare("SELECT n_nationkey FROM samples.tpch.nation WHERE n_regionkey = $_ ORDER BY 1") } 0 .. 4;
    $_->execute for @open;
    my @rows;
    for (1 .. 5) { push @rows, map { ($_->fetchrow_array)[0] } @open }
    equal(join(' ', sort { $a <=> $b } @rows), join(' ', 0 .. 24));
}

sub fails_with {
    my ($key) = @_;
    my $ok = eval { $db->selectall_arrayref($want->{errors}{$key}{sql}); 1 };
    die "it did not fail\n" if $ok;
    equal($db->state, $want->{errors}{$key}{state}, $db->errstr);
    equal($db->selectrow_array('SELECT 1'), 1, 'afterwards');
}

sub bad_token {
    my $ok = DBI->connect("dbi:ODBC:$ENV{DBX_BAD_CONN}", undef, undef, { RaiseError => 0, PrintError => 0 });
    die "it did not fail\n" if $ok;
    equal($DBI::state, '28000', $DBI::errstr);
}

sub information {
    equal($db->get_info(29), '`', 'SQL_IDENTIFIER_QUOTE_CHAR');
    equal($db->quote_identifier('a`b'), '`a``b`');
    die "no types\n" unless @{ $db->type_info_all } > 10;
    equal($db->ping ? 1 : 0, 1, 'ping');
}

sub hundred_thousand_rows {
    my $handle = $db->prepare($want->{large}{sql});
    $handle->execute;
    my $rows = 0;
    $rows += @$_ while local $_ = $handle->fetchall_arrayref(undef, 10_000);
    equal($rows, $want->{large}{rows});
}

check('lists tables, also with names outside ASCII', \&lists_tables);
check('lists columns, also with names outside ASCII', \&lists_columns);
check('every type has the expected text', sub { all_types_are(connection()) });
check('every type has the expected text as SQL_WVARCHAR',
    sub { all_types_are(connection(';UseUnicodeSqlCharacterTypes=1')) });
check('every type has the expected text as long types', sub { all_types_are($wide) });
check('text and bytes of 100 KiB are whole', \&long_values_are_whole);
check('text of up to 65,535 bytes is whole without a key', \&whole_without_keys);
check('a value longer than described is an error, never cut in silence', \&longer_than_described);
check('every script and emoji comes back, SQL_WVARCHAR', sub { unicode_comes_back(SQL_WVARCHAR) });
check('every script and emoji comes back, SQL_VARCHAR', sub { unicode_comes_back(SQL_VARCHAR) });
check('parameters of all kinds and NULL go in and come out', \&parameters_go_in_and_out);
check('a fraction in a parameter of scale 0 is refused', \&fraction_is_not_lost);
check('parameters without types', \&parameters_without_types);
check('named parameters', \&named_parameters);
check('an array of parameters', \&array_of_parameters);
check('several statements are open at a time', \&several_statements_open);
check('a missing table is 42S02', sub { fails_with('missing_table') });
check('a missing column is 42S22', sub { fails_with('missing_column') });
check('a syntax error is 42000', sub { fails_with('syntax') });
check('a refused token is 28000', \&bad_token);
check('the driver tells of quotes and types', \&information);
check('100,000 rows arrive', \&hundred_thousand_rows);
$db->do("DROP TABLE IF EXISTS $table");
$_->disconnect for $db, $wide;
print "1..$count\n";
exit($failed ? 1 : 0);
