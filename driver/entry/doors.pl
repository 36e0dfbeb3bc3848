#!/usr/bin/env perl
# doors.pl - the entry doors, their list and the version script, made from include/tbl/odbc_api.tbl.
#
#   doors.pl c TABLE     C source: every door, and the table behind SQLGetFunctions
#   doors.pl map TABLE   the linker's version script
#   doors.pl names TABLE the exported names, one per line
use strict;
use warnings;

my %LEN = (S => 'SQLSMALLINT', I => 'SQLINTEGER');
my %HANDLE = (env => 'SQLHENV', dbc => 'SQLHDBC', stmt => 'SQLHSTMT', desc => 'SQLHDESC');

sub trim { my $s = shift; $s =~ s/^\s+|\s+$//g; return $s }

sub read_table {
    my ($path) = @_;
    open my $in, '<', $path or die "$path: $!\n";
    my @functions;
    while (my $line = <$in>) {
        next if $line =~ /^\s*(#|$)/;
        my ($name, $id, $doors, $handle, $here, $async, $args) = map { trim($_) } split /\|/, $line, 7;
        die "$path:$.: bad line\n" unless defined $args && $doors =~ /^AW?$/ && $here =~ /^(yes|stub)$/
            && $async =~ /^(no|prompt|async)$/;
        push @functions, { name => $name, id => $id, wide => $doors eq 'AW', handle => $handle,
            here => $here eq 'yes' ? 1 : 0, async => $async eq 'async', args => [map { parse_arg($_, "$path:$.") } grep { /\S/ } split /;/, $args] };
    }
    return @functions;
}

sub parse_arg {
    my ($text, $where) = @_;
    my @w = split ' ', trim($text);
    my $kind = shift @w;
    my %arg = (kind => $kind, name => $w[-1]);
    if ($kind eq 'in') { $arg{type} = $w[0] }
    elsif ($kind eq 'text') { $arg{len} = $LEN{$w[0]} }
    elsif ($kind eq 'out') { $arg{len} = $LEN{$w[0]}; $arg{bytes} = $w[1] eq 'bytes' ? 1 : 0 }
    elsif ($kind ne 'any' && $kind ne 'state') { die "$where: unknown kind of argument: $kind\n" }
    return \%arg;
}

# SQLExecDirect -> api_exec_direct
sub api_name {
    my $n = substr shift, 3;
    $n =~ s/(?<=[a-z])([A-Z])/_$1/g;
    return 'api_' . lc $n;
}

# The parameters of one door, as the ODBC headers declare them.
sub declare {
    my ($char, $a) = @_;
    my $n = $a->{name};
    return "$a->{type} $n" if $a->{kind} eq 'in';
    return "$char *$n, $a->{len} ${n}_len" if $a->{kind} eq 'text';
    return "SQLPOINTER $n, SQLINTEGER ${n}_len" if $a->{kind} eq 'any';
    return "$char *$n" if $a->{kind} eq 'state';
    my $ptr = $a->{bytes} ? "SQLPOINTER $n" : "$char *$n";
    return "$ptr, $a->{len} ${n}_cap, $a->{len} *${n}_len_r";
}

# The same, passed from a door to the part that both doors share.
sub forward {
    my ($a) = @_;
    my $n = $a->{name};
    return $n if $a->{kind} =~ /^(in|state)$/;
    return "$n, ${n}_len" if $a->{kind} =~ /^(text|any)$/;
    return "$n, ${n}_cap, ${n}_len_r";
}

sub handle_params {
    my ($f) = @_;
    my ($kind) = split /-/, $f->{handle};
    return () if $kind eq 'none';
    return ('SQLSMALLINT type', 'SQLHANDLE h') if $kind eq 'typed';
    return ("$HANDLE{$kind} h");
}

sub params { my ($f, $char) = @_; return join(', ', handle_params($f), map { declare($char, $_) } @{$f->{args}}) }

# What the api function is called with, and the lines that prepare it.
sub prepare {
    my ($a) = @_;
    my $n = $a->{name};
    return ($n) if $a->{kind} eq 'in';
    return ("v_$n", "struct sv v_$n = door_text(&d, $n, ${n}_len);") if $a->{kind} eq 'text';
    return ("&v_$n", "const struct any_in v_$n = { $n, ${n}_len, d.wide };") if $a->{kind} eq 'any';
    return ("&v_$n", "const struct text_out v_$n = { .ptr = $n, .cap = 6, .wide = d.wide };") if $a->{kind} eq 'state';
    my $len = $a->{len} eq 'SQLINTEGER' ? 'len32_r' : 'len16_r';
    my $bytes = $a->{bytes} ? 'true' : 'false';
    return ("&v_$n", "const struct text_out v_$n = { .ptr = $n, .cap = ${n}_cap, .$len = ${n}_len_r, "
        . ".wide = d.wide, .bytes = $bytes };");
}

# What a call that may go on in a thread takes with it. The driver manager frees the texts it translates, given and
# wanted, as soon as the first call has returned: given ones are copied, and functions that return text are not asynchronous.
sub print_async {
    my ($f, $kind, @prepared) = @_;
    my (@fields, @args, @init, @texts);
    for my $a (@{$f->{args}}) {
        my $n = $a->{name};
        die "$f->{name}: a function that returns text cannot be asynchronous\n" if $a->{kind} =~ /^(out|state)$/;
        push @fields, $a->{kind} eq 'in' ? "$a->{type} $n;" : $a->{kind} eq 'text' ? "struct sv $n;" : "struct any_in $n;";
        push @args, $a->{kind} eq 'any' ? "&a->$n" : "a->$n";
        push @init, $a->{kind} eq 'in' ? $n : "v_$n";
        push @texts, "{ offsetof(struct args_$f->{name}, $n), ASYNC_\U$a->{kind}\E }" if $a->{kind} ne 'in';
    }
    my $name = $f->{name};
    my $call = api_name($name) . '(' . join(', ', 'a->h', @args) . ')';
    print "struct args_$name { ", join(' ', "struct $kind *h;", @fields), " };\n";
    print "static SQLRETURN run_$name(const void *args) {\n    const struct args_$name *a = args;\n    return $call;\n}\n";
    print "static const struct async_text TEXTS_$name\[] = { ", join(', ', @texts, '{ 0, ASYNC_END }'), " };\n";
    return join ', ', "(struct $kind *)h", @init;
}

sub print_shared {
    my ($f) = @_;
    my ($kind, $way) = (split(/-/, $f->{handle}), '');
    my @args = $kind eq 'typed' ? ('type', 'h') : $kind eq 'none' ? () : ("(struct $kind *)h");
    my @lines;
    for my $a (@{$f->{args}}) {
        my ($arg, $line) = prepare($a);
        push @args, $arg;
        push @lines, "    $line" if $line;
    }
    my $call = api_name($f->{name}) . '(' . join(', ', @args) . ')';
    my $params = join ', ', 'bool wide', handle_params($f), map { declare('void', $_) } @{$f->{args}};
    my $init = $f->{async} ? print_async($f, $kind) : '';
    print "static SQLRETURN do_$f->{name}($params) {\n";
    if ($kind eq 'typed' || $kind eq 'none' || $way eq 'bare') {
        my $uses = grep { $_->{kind} ne 'in' } @{$f->{args}};
        print $uses ? "    const struct door d = { .wide = wide };\n" : "    (void)wide;\n";
        print "    if (!handle_is(h, HANDLE_\U$kind\E)) return SQL_INVALID_HANDLE;\n" if $way eq 'bare';
        print "$_\n" for @lines;
        print "    return $call;\n}\n";
        return;
    }
    if ($way eq 'step') {
        print "    (void)wide;\n    SQLRETURN rc = door_step(h);\n";
        print "    return rc == SQL_SUCCESS ? door_step_end(h, $call) : rc;\n}\n";
        return;
    }
    my $self = $f->{async} ? "run_$f->{name}" : 'NULL';
    print "    struct door d;\n";
    print "    if (!door_open(&d, h, HANDLE_\U$kind\E, wide, $self)) return d.rc;\n";
    print "$_\n" for @lines;
    if ($f->{async}) {
        print "    const struct args_$f->{name} a = { $init };\n";
        my $waits = (grep { $_->{kind} eq 'any' } @{$f->{args}}) ? 'd.async && async_attr_waits(a.h, attr)' : 'd.async';
        print "    if (d.rc == SQL_SUCCESS) d.rc = $waits ? door_hand_over(&d, $self, &a, sizeof a, TEXTS_$f->{name})\n",
            "                                          : $self(&a);\n";
    } else {
        print "    if (d.rc == SQL_SUCCESS) d.rc = $call;\n";
    }
    print "    return door_close(&d);\n}\n";
}

sub print_door {
    my ($f, $wide) = @_;
    my $name = $f->{name} . ($wide ? 'W' : '');
    my ($kind) = split /-/, $f->{handle};
    my @handle = $kind eq 'typed' ? ('type', 'h') : $kind eq 'none' ? () : ('h');
    my $params = params($f, $wide ? 'SQLWCHAR' : 'SQLCHAR');
    my $args = join ', ', $wide ? 'true' : 'false', @handle, map { forward($_) } @{$f->{args}};
    print "DOOR SQLRETURN SQL_API $name($params);\n";
    print "SQLRETURN SQL_API $name($params) { return do_$f->{name}($args); }\n";
}

sub print_c {
    my @functions = @_;
    print "/* Made by driver/entry/doors.pl from include/tbl/odbc_api.tbl. */\n",
        "#include <stddef.h>\n\n#include \"driver/api/api.h\"\n#include \"driver/api/async.h\"\n#include \"driver/entry/door.h\"\n\n",
        "#define DOOR __attribute__((visibility(\"default\")))\n\n";
    for my $f (@functions) {
        print_shared($f);
        print_door($f, 0);
        print_door($f, 1) if $f->{wide};
        print "\n";
    }
    print "const struct door_entry DOORS[] = {\n";
    print "    { $_->{id}, $_->{here} }, /* $_->{name} */\n" for @functions;
    print "};\nconst int N_DOORS = sizeof DOORS / sizeof DOORS[0];\n";
}

sub names { return sort map { $_->{wide} ? ($_->{name}, "$_->{name}W") : ($_->{name}) } @_ }

sub print_map {
    print "/* Made by driver/entry/doors.pl map; tests/conform/exports.sh checks that it is current. */\n",
        "{\nglobal:\n", (map { "\t$_;\n" } names(@_)), "local:\n\t*;\n};\n";
}

my ($what, $table) = @ARGV;
die "usage: doors.pl c|map|names TABLE\n" unless defined $table;
my @functions = read_table($table);
if ($what eq 'c') { print_c(@functions) }
elsif ($what eq 'map') { print_map(@functions) }
elsif ($what eq 'names') { print "$_\n" for names(@functions) }
else { die "doors.pl: unknown output: $what\n" }
