#!/bin/sh
# exports - the driver exports the ODBC functions of include/tbl/odbc_api.tbl and nothing else; the version script is current.
srcdir=${srcdir:-.}
builddir=${builddir:-.}
so=$builddir/driver/.libs/libdbxodbc.so
doors="perl $srcdir/driver/entry/doors.pl"
table=$srcdir/include/tbl/odbc_api.tbl
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
echo 1..2
$doors names "$table" | LC_ALL=C sort >"$work/want"
nm -D --defined-only "$so" | awk '{ sub(/@.*/, "", $3); print $3 }' | LC_ALL=C sort -u >"$work/have"
if diff "$work/want" "$work/have" >"$work/diff"; then
	echo "ok 1 - exported symbols are those of the table"
else
	sed 's/^/# /' "$work/diff"
	echo "not ok 1 - exported symbols are those of the table"
fi
if $doors map "$table" | cmp -s - "$srcdir/driver/entry/libdbxodbc.map"; then
	echo "ok 2 - the version script is current"
else
	echo "not ok 2 - the version script is current # run: make exports"
fi
