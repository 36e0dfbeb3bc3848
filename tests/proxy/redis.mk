# what instances share through Redis: the sealed form of a value, then the room against real servers.
check_PROGRAMS += tests/proxy/test_shared
TESTS += tests/proxy/test_shared
tests_proxy_test_shared_SOURCES = tests/proxy/test_shared.c tests/proxy/redis_world.c tests/proxy/redis_world.h
tests_proxy_test_shared_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_shared_LDADD = $(proxy_test_libs)

check_PROGRAMS += tests/proxy/test_redis_cluster
TESTS += tests/proxy/test_redis_cluster
tests_proxy_test_redis_cluster_SOURCES = tests/proxy/test_redis_cluster.c tests/proxy/redis_world.c tests/proxy/redis_world.h
tests_proxy_test_redis_cluster_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_redis_cluster_LDADD = $(proxy_test_libs)

check_PROGRAMS += tests/proxy/test_blob
TESTS += tests/proxy/test_blob
tests_proxy_test_blob_SOURCES = tests/proxy/test_blob.c
tests_proxy_test_blob_CPPFLAGS = $(proxy_test_cppflags)
tests_proxy_test_blob_LDADD = $(proxy_test_libs)
