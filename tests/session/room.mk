# session tests: the rooms conf and session, and the API's words in core.
check_PROGRAMS += tests/session/session_tool
tests_session_session_tool_SOURCES = tests/session/session_tool.c
tests_session_session_tool_LDADD = libsession.la libresult.la libcore.la
