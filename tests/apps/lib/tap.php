<?php
// Test Anything Protocol for the PHP applications: a check is a function with a sentence; a failure is told, not fatal.

declare(strict_types=1);

set_error_handler(function (int $level, string $text): bool {
    throw new ErrorException($text, 0, $level);
});

final class Tap
{
    private static int $count = 0;
    private static int $failed = 0;

    public static function check(string $name, callable $test): void
    {
        self::$count++;
        try {
            $test();
            echo 'ok ' . self::$count . " - $name\n";
        } catch (Throwable $e) {
            self::$failed++;
            echo 'not ok ' . self::$count . " - $name\n";
            echo preg_replace('/^/m', '# ', $e->getMessage() . ' at line ' . $e->getLine()), "\n";
        }
    }

    public static function skip(string $name, string $why): void
    {
        echo 'ok ' . ++self::$count . " - $name # SKIP $why\n";
    }

    public static function done(): never
    {
        echo '1..' . self::$count . "\n";
        exit(self::$failed ? 1 : 0);
    }
}

function shown(mixed $v): string
{
    $text = json_encode($v, JSON_UNESCAPED_UNICODE | JSON_INVALID_UTF8_SUBSTITUTE);
    return strlen($text) > 400 ? substr($text, 0, 400) . '… of ' . strlen($text) : $text;
}

function equal(mixed $got, mixed $want, string $what = 'value'): void
{
    if ($got !== $want) {
        throw new RuntimeException("$what: got " . shown($got) . ', want ' . shown($want));
    }
}

// Cells that differ, of rows with the column id.
function equal_rows(array $rows, array $want): void
{
    equal(count($rows), count($want), 'rows');
    $bad = [];
    foreach ($rows as $row) {
        foreach ($want[$row['id']] as $name => $text) {
            if ($row[$name] !== $text) {
                $bad[] = "row {$row['id']}, $name: got " . shown($row[$name]) . ', want ' . shown($text);
            }
        }
    }
    if ($bad) {
        throw new RuntimeException(implode("\n", $bad));
    }
}

function expected(): array
{
    return json_decode(file_get_contents(getenv('DBX_EXPECTED')), true);
}
