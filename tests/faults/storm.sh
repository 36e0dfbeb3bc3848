#!/bin/bash
# storm - hundreds of statements over a network that misbehaves; see storm.c.
DBX_PROGRAM=storm exec "$(dirname "$0")/run.sh"
