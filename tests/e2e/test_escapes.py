"""Escape sequences through pyodbc against the sandbox's engine: the answers that ODBC defines, as far as that engine can."""
from datetime import date, datetime

import pyodbc
import pytest

# expression -> what Python must see. tests/spark judges all of them, and the rest, by Spark itself.
ANSWERS = [
    ("{d '2020-02-29'}", date(2020, 2, 29)),
    ("{ts '2020-02-29 12:34:56.123456'}", datetime(2020, 2, 29, 12, 34, 56, 123456)),
    ("{t '12:34:56'}", "12:34:56"),
    ("{guid '12345678-abcd-ABCD-0123-0123456789ab'}", "12345678-abcd-ABCD-0123-0123456789ab"),
    ("{fn UCASE({fn LEFT('abcd', {fn LENGTH('ab  ')})})}", "AB"),
    ("{fn ASCII('A')}", 65), ("{fn CHAR(65)}", "A"), ("{fn CONCAT('a', 'b')}", "ab"), ("{fn LCASE('ABC')}", "abc"),
    ("{fn CHAR_LENGTH('abc  ')}", 5), ("{fn LOCATE('b', 'abcb')}", 2), ("{fn LOCATE('b', 'abcb', 3)}", 4),
    ("{fn LTRIM('  a')}", "a"), ("{fn RTRIM('a  ')}", "a"), ("{fn REPEAT('ab', 2)}", "abab"), ("{fn RIGHT('abc', 2)}", "bc"),
    ("{fn REPLACE('abc', 'b', 'X')}", "aXc"), ("{fn SUBSTRING('abcdef', 2, 3)}", "bcd"), ("{fn POSITION('b' IN 'abc')}", 2),
    ("{fn ABS(-2)}", 2), ("{fn CEILING(1.2)}", 2), ("{fn FLOOR(-1.2)}", -2), ("{fn MOD(-7, 3)}", -1), ("{fn SIGN(-2.5)}", -1),
    ("{fn POWER(2, 10)}", 1024), ("{fn SQRT(9)}", 3), ("{fn ROUND(1.25, 1)}", 1.3),
    ("{fn DAYNAME({d '2024-02-29'})}", "Thursday"), ("{fn MONTHNAME({d '2024-02-29'})}", "February"),
    ("{fn DAYOFWEEK({d '2024-02-25'})}", 1), ("{fn DAYOFMONTH({d '2024-02-29'})}", 29), ("{fn YEAR({d '2024-02-29'})}", 2024),
    ("{fn QUARTER({d '2024-04-01'})}", 2), ("{fn WEEK({d '2024-02-29'})}", 9), ("{fn HOUR({ts '2024-02-29 12:34:56'})}", 12),
    ("{fn EXTRACT(MONTH FROM {d '2024-02-29'})}", 2),
    ("{fn IFNULL(NULL, 'x')}", "x"), ("{fn DATABASE()}", "main"),
    ("{fn CONVERT('12', SQL_INTEGER)}", 12), ("{fn CONVERT(12, SQL_VARCHAR)}", "12"),
    ("{fn CONVERT({ts '2020-01-02 03:04:05'}, SQL_DATE)}", date(2020, 1, 2)),
    ("{fn TIMESTAMPADD(SQL_TSI_DAY, 1, {ts '2020-02-28 00:00:00'})}", datetime(2020, 2, 29)),
    ("{fn TIMESTAMPDIFF(SQL_TSI_DAY, {ts '2020-02-28 00:00:00'}, {ts '2020-03-01 00:00:00'})}", 2),
    ("'a_b' LIKE 'a!_b' {escape '!'}", True), ("'axb' LIKE 'a!_b' {escape '!'}", False),
]
FAULTS = [("{fn NOSUCH(1)}", "42000"), ("{nosuch}", "42000"), ("{d 'x'}", "22007"), ("{d '2020-02-30'}", "22008")]


@pytest.mark.parametrize("text,want", ANSWERS, ids=[a[0] for a in ANSWERS])
def test_an_escape_sequence_gives_the_answer_of_odbc(direct, text, want):
    got = direct.cursor().execute("SELECT " + text).fetchval()
    assert pytest.approx(float(got)) == want if isinstance(want, float) else got == want


@pytest.mark.parametrize("text,state", FAULTS)
def test_what_is_no_escape_sequence_has_its_sqlstate(direct, text, state):
    with pytest.raises(pyodbc.Error) as fault:
        direct.cursor().execute("SELECT " + text)
    assert fault.value.args[0] == state


def test_the_server_sees_the_translation_in_every_mode(db):
    cursor = db.cursor().execute("SELECT {fn UCASE('x')}, '{fn UCASE(y)}' FROM {oj (SELECT 1 AS a) AS t "
                                 "LEFT OUTER JOIN (SELECT 2 AS b) AS u ON a = b} WHERE b IS NULL {limit 1}")
    assert [tuple(row) for row in cursor.fetchall()] == [("X", "{fn UCASE(y)}")]


def test_noscan_leaves_braces_to_the_server(direct):
    cursor = direct.cursor()
    cursor.noscan = True
    with pytest.raises(pyodbc.Error):
        cursor.execute("SELECT {d '2020-02-29'}")
