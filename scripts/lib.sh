# shellcheck shell=bash
# lib.sh - what the scripts share: saying, timing, cleaning up. Sourced, never run.
#
#   say TEXT...             a line for the person
#   die TEXT...             a line for the person, and the end
#   run_step TITLE CMD...   one line per step with its time; output goes to $STEP_LOG;
#                           returns 0 always and leaves the result in STEP_RC; stopped after STEP_LIMIT s
#   must TITLE CMD...       run_step, and the end when it failed
#   at_exit CMD             done on any way out, latest first
#   need_root CMD...        as root, through sudo where needed
#   apt_install PACKAGE...  Debian packages, without starting the servers among them

# shellcheck disable=SC2034  # some of these are for the scripts that source this
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
DEPS=${DBXODBC_DEPS:-$HOME/.cache/dbx-odbc}
STEP_LOG=/dev/null
STEP_RC=0
STEP_PID=0        # 0: no step yet, -1: none now
STEP_LIMIT=1200   # seconds
EXIT_CMDS=()

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

at_exit() {
	EXIT_CMDS=("$1" "${EXIT_CMDS[@]}")
	trap run_exit_cmds EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

run_exit_cmds() {
	local rc=$? cmd
	set +e
	trap - EXIT HUP INT TERM
	for cmd in "${EXIT_CMDS[@]}"; do eval "$cmd"; done
	exit "$rc"
}

need_root() {
	if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

can_be_root() { [[ $(id -u) == 0 ]] || command -v sudo >/dev/null; }

# Installing a server must not start one: the tests start their own. Debian asks policy-rc.d. In a subshell only.
apt_install() {
	local policy=/usr/sbin/policy-rc.d
	if [[ ! -e $policy ]]; then
		# shellcheck disable=SC2064
		trap "need_root rm -f $policy" EXIT
		printf '#!/bin/sh\nexit 101\n' | need_root tee "$policy" >/dev/null
		need_root chmod 755 "$policy"
	fi
	need_root env DEBIAN_FRONTEND=noninteractive \
		apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "$@"
}

# A dot every ten seconds, or a running clock on a terminal, until $1 has ended or its time is over.
show_progress() {
	local pid=$1 title=$2 begin=$SECONDS tick=0
	while kill -0 "$pid" 2>/dev/null; do
		if ((SECONDS - begin >= STEP_LIMIT)); then
			echo "stopped after $STEP_LIMIT s: it hangs, or it is too slow" >>"$STEP_LOG"
			stop_step
			return
		fi
		sleep 0.2
		tick=$((tick + 1))
		if [[ -t 1 ]]; then
			printf '\r  %-52s %4d s ' "$title" $((SECONDS - begin))
		elif ((tick % 50 == 0)); then
			printf '.'
		fi
	done
}

# Everything a step has started: asked, then told.
stop_step() {
	local i
	((STEP_PID > 0)) || return 0
	kill -TERM -- "-$STEP_PID" 2>/dev/null || return 0
	for ((i = 0; i < 100; i++)); do
		kill -0 -- "-$STEP_PID" 2>/dev/null || return 0
		sleep 0.1
	done
	kill -KILL -- "-$STEP_PID" 2>/dev/null || true
}

run_step() {
	local title=$1 begin=$SECONDS pid
	shift
	printf '  %-52s ' "$title"
	printf '\n=== %s\n' "$title" >>"$STEP_LOG"
	((STEP_PID)) || at_exit stop_step
	set -m    # a process group of its own, so that all of it can be stopped
	(EXIT_CMDS=(); "$@") >>"$STEP_LOG" 2>&1 </dev/null &
	pid=$!
	set +m
	STEP_PID=$pid
	show_progress "$pid" "$title"
	STEP_RC=0
	wait "$pid" 2>/dev/null || STEP_RC=$?
	STEP_PID=-1
	if [[ -t 1 ]]; then printf '\r  %-52s ' "$title"; fi
	if ((STEP_RC == 0)); then
		printf '%4d s  ok\n' $((SECONDS - begin))
	else
		printf '%4d s  FAILED (%d)\n' $((SECONDS - begin)) "$STEP_RC"
	fi
}

show_log_tail() {
	[[ -f $STEP_LOG ]] || return 0
	tail -n "${1:-30}" "$STEP_LOG" | sed 's/^/    | /'
	say "    full log: $STEP_LOG"
}

must() {
	run_step "$@"
	((STEP_RC == 0)) || { show_log_tail 30; exit "$STEP_RC"; }
}

# The system's own Python where it can make environments, else whatever python3 is.
find_python() {
	if /usr/bin/python3 -c 'import venv, ensurepip' 2>/dev/null; then
		echo /usr/bin/python3
	else
		command -v python3 || die "python3 is missing"
	fi
}

# ---- servers that live as long as the script -------------------------------------------------
#
#   make_scratch            $SCRATCH, a folder that goes away at the end
#   start_sandbox           $SANDBOX_READY (JSON: where it is and who may use it)
#   start_proxy URL [ARG..] $PROXY_URL, $PROXY_ADMIN, $PROXY_LOG, $PROXY_ACCESS_LOG
#   stop_process PID        asked, then told
#   wait_until SECONDS CMD  0 as soon as CMD succeeds

make_scratch() {
	[[ -z ${SCRATCH:-} ]] || return 0
	SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/dbx-odbc.XXXXXX")
	at_exit "rm -rf '$SCRATCH'"
}

wait_until() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		((SECONDS < deadline)) || return 1
		sleep 0.1
	done
}

stop_process() {
	local pid=$1 i
	kill "$pid" 2>/dev/null || return 0
	for ((i = 0; i < 50; i++)); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
}

has_ended() { ! kill -0 "$1" 2>/dev/null; }

# Ready, or dead before that: either way waiting is over.
has_settled() {
	local pid=$1
	shift
	"$@" || has_ended "$pid"
}

wait_for_server() {
	local name=$1 pid=$2 log=$3 seconds=$4
	shift 4
	if ! wait_until "$seconds" has_settled "$pid" "$@" || has_ended "$pid"; then
		tail -n 20 "$log" | sed 's/^/    | /' >&2
		die "$name did not start within $seconds s"
	fi
}

start_sandbox() {
	local python=$DEPS/sandbox-venv/bin/python
	[[ -x $python ]] || die "the sandbox's Python environment is missing; run scripts/setup"
	make_scratch
	SANDBOX_READY=$SCRATCH/sandbox.json
	(cd "$ROOT" && exec "$python" -m sandbox --host 127.0.0.1 --port 0 --storage-port 0 \
		--ready-file "$SANDBOX_READY" --quiet) >"$SCRATCH/sandbox.log" 2>&1 </dev/null &
	SANDBOX_PID=$!
	at_exit "stop_process $SANDBOX_PID"
	wait_for_server sandbox "$SANDBOX_PID" "$SCRATCH/sandbox.log" 240 test -s "$SANDBOX_READY"
}

find_proxy() {
	local path
	for path in "${DBXPROXYD:-}" "$ROOT/proxy/dbxproxyd" "$ROOT/proxy/.libs/dbxproxyd"; do
		[[ -n $path && -x $path ]] && { echo "$path"; return 0; }
	done
	return 1
}

start_proxy() {
	local upstream=$1 program
	shift
	program=$(find_proxy) || die "dbxproxyd is not built"
	make_scratch
	PROXY_LOG=$SCRATCH/proxy.log
	PROXY_ACCESS_LOG=$SCRATCH/proxy-access.log
	"$program" --listen 127.0.0.1:0 --admin 127.0.0.1:0 --upstream "$upstream" \
		--ready-file "$SCRATCH/proxy.json" --access-log "$PROXY_ACCESS_LOG" "$@" \
		>"$PROXY_LOG" 2>&1 </dev/null &
	PROXY_PID=$!
	at_exit "stop_process $PROXY_PID"
	wait_for_server dbxproxyd "$PROXY_PID" "$PROXY_LOG" 20 test -s "$SCRATCH/proxy.json"
	PROXY_URL=http://$(jq -r '.listen[0]' "$SCRATCH/proxy.json")
	PROXY_ADMIN=http://$(jq -r '.admin[0]' "$SCRATCH/proxy.json")
	curl -fsS -m 5 -o /dev/null "$PROXY_ADMIN/healthz" || die "dbxproxyd says it is not well"
}
