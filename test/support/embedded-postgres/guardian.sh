#!/bin/sh
# Ends the processes of one workspace and removes it, once the process that holds the other end of stdin is gone.
# Usage: guardian.sh WORKSPACE

# A dead process whose parent never asks for its fate stays listed: it counts as gone.
is_running() {
  kill -s 0 -- "-$1" 2>/dev/null && ! grep -qs ') Z ' "/proc/$1/stat"
}

# QUIT to the postmaster is an immediate shutdown: it ends its backends, which are in sessions of their own, and
# kills those still there after 5 seconds. QUIT to initdb lets its present step end. Neither leaves shared memory
# behind, as a signal to all of a group would; so the leader alone is told, and given 10 seconds.
end_group() {
  kill -s QUIT -- "$1" 2>/dev/null
  polls=0
  while is_running "$1" && [ "$polls" -lt 200 ]; do
    sleep 0.05
    polls=$((polls + 1))
  done
  kill -s KILL -- "-$1" 2>/dev/null
}

# Renaming the list closes it: a process either is on it by now or cannot enter itself and does not start.
end_processes() {
  mv "$1/processes" "$1/closed" 2>/dev/null
  for entry in "$1"/closed/*; do
    [ -e "$entry" ] && end_group "${entry##*/}"
  done
}

# A dying process may still write a file where one was just removed.
remove_workspace() {
  attempts=0
  until rm -rf -- "$1" || [ "$attempts" -ge 20 ]; do
    sleep 0.1
    attempts=$((attempts + 1))
  done
}

main() {
  trap '' HUP INT TERM
  while read -r _; do :; done
  end_processes "$1"
  remove_workspace "$1" 2>/dev/null
}

main "$@"
exit
