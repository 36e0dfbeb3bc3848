#!/bin/bash
# scenes - readers that stop, fetches given up, storage out of reach, large results; see scenes.c.
DBX_PROGRAM=scenes exec "$(dirname "$0")/run.sh"
