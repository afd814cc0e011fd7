#!/bin/sh
# usage: check_symbols.sh NM LIBRARY: the runtime may define no global symbol but resnetc_* and no writable data but
# the cached CPU word, and may call neither stdio nor exit.
symbols=$("$1" "$2") || exit 2
foreign=$(echo "$symbols" | awk 'NF == 3 && $2 ~ /[A-Z]/ && $3 !~ /^resnetc_/')
data=$(echo "$symbols" | awk 'NF == 3 && $2 ~ /[BbDdCc]/ && $3 !~ /^cached/')
calls=$(echo "$symbols" | awk '$1 == "U" && $2 ~ /^(_?exit|abort|f?printf|puts|fwrite|getenv|signal)$/')
test -z "$foreign$data$calls" && exit 0
echo "not allowed in $2:"
printf '%s\n' "$foreign" "$data" "$calls"
exit 1
