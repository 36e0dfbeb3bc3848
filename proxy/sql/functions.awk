# Turns functions.tsv into the rows of the function table, and refuses names out of order, twice, or of no known class.
BEGIN { FS = "\t" }
/^#/ || /^$/ { next }
$1 !~ /^[a-z0-9_]+$/ || $2 !~ /^[DORTUPSFXK]$/ || NF != 3 { print "functions.tsv:" NR ": not name, class, since" > "/dev/stderr"; exit 1 }
last != "" && $1 <= last { print "functions.tsv:" NR ": " $1 " is out of order" > "/dev/stderr"; exit 1 }
{ last = $1; printf "{\"%s\", '%s'},\n", $1, $2 }
