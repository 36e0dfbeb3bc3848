# session tests: the rooms conf and session, and the API's words in core.
session_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(CJSON_CFLAGS)

check_PROGRAMS += tests/session/session_tool tests/session/test_codec tests/session/test_retry tests/session/test_options \
	tests/session/test_body tests/session/test_pace
TESTS += tests/session/test_codec tests/session/test_retry tests/session/test_options tests/session/test_body \
	tests/session/test_pace

tests_session_session_tool_SOURCES = tests/session/session_tool.c
tests_session_session_tool_LDADD = libsession.la libresult.la libcore.la
tests_session_test_codec_SOURCES = tests/session/test_codec.c
tests_session_test_codec_CPPFLAGS = $(session_cppflags)
tests_session_test_codec_LDADD = libcore.la $(CMOCKA_LIBS)
tests_session_test_retry_SOURCES = tests/session/test_retry.c
tests_session_test_retry_CPPFLAGS = $(session_cppflags)
tests_session_test_retry_LDADD = libcore.la $(CMOCKA_LIBS)
tests_session_test_options_SOURCES = tests/session/test_options.c
tests_session_test_options_CPPFLAGS = $(session_cppflags)
tests_session_test_options_LDADD = libsession.la libresult.la libcore.la $(CMOCKA_LIBS)
tests_session_test_body_SOURCES = tests/session/test_body.c
tests_session_test_body_CPPFLAGS = $(session_cppflags)
tests_session_test_body_LDADD = libsession.la libresult.la libcore.la $(CMOCKA_LIBS)
tests_session_test_pace_SOURCES = tests/session/test_pace.c
tests_session_test_pace_CPPFLAGS = $(session_cppflags)
tests_session_test_pace_LDADD = libsession.la libresult.la libcore.la $(CMOCKA_LIBS)

# Scripts run from the source folder, TAP in between.
TESTS += tests/session/scripted.sh
check_SCRIPTS += tests/session/scripted.sh
EXTRA_DIST += tests/session/scripted.sh tests/session/scripted.py tests/session/tsan.supp
