#!/usr/bin/env bash
# redis-cli and redis-benchmark against the example.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=server.sh
. "$(dirname "$0")/server.sh"

start "$1" 127.0.0.1:0
cli() { redis-cli -h "$host" -p "$port" "$@"; }

expect ping PONG "$(cli PING)"
expect echo "two words" "$(cli ECHO "two words")"
expect set OK "$(cli SET key "line 1
line 2")"
expect get "line 1
line 2" "$(cli GET key)"
expect "get of nothing" "" "$(cli GET nothing)"
expect mget "line 1
line 2

end" "$(cli MGET key nothing && echo end)"
expect incr "1 2" "$(cli INCR n) $(cli INCR n)"
expect "incr of a text" "ERR value is not an integer or out of range" "$(cli INCR key | head -n 1)"
expect exists 2 "$(cli EXISTS key n nothing)"
expect del 1 "$(cli DEL key nothing)"
expect lpush 3 "$(cli LPUSH list a b c)"
expect lpop "c b a" "$(cli LPOP list) $(cli LPOP list) $(cli LPOP list)"
expect "no empty list" 0 "$(cli EXISTS list)"
since=$SECONDS
expect expire 1 "$(cli EXPIRE n 100000)"
ttl=$(cli TTL n)
# Less than a second more has passed since then than the clock says.
((ttl <= 100000 && ttl >= 99999 - (SECONDS - since))) || fail "ttl: $ttl"
expect "expire at once" 1 "$(cli EXPIRE n 0)"
expect "after expiry" "" "$(cli GET n)"
expect "wrong number of words" "ERR wrong number of arguments for 'GET' command" "$(cli GET | head -n 1)"

# 20,000 commands of each kind, on 50 connections, one by one and in batches of 16. The status says whether all replies were right.
requests=${REDIS_REQUESTS:-20000}
for batch in 1 16; do
    results=$(redis-benchmark -h "$host" -p "$port" -q -n "$requests" -c 50 -P "$batch" -r 1000 -d 100 \
        -t ping_inline,ping_mbulk,set,get,incr,lpush,lpop,mset) || fail "redis-benchmark: $results"
    [[ $(grep -c 'requests per second' <<<"${results//$'\r'/$'\n'}") -ge 8 ]] || fail "redis-benchmark says: $results"
done
[[ $(cli DBSIZE) -gt 1000 ]] || fail "nothing was kept"
expect flush OK "$(cli FLUSHALL)"
