# http: requests to the API and to storage.
libsession_la_SOURCES += \
	driver/http/cancel.c driver/http/cancel.h \
	driver/http/flight.c \
	driver/http/flight_fault.c \
	driver/http/flight_setup.c \
	driver/http/pipe_guard.c driver/http/pipe_guard.h \
	driver/http/sea_client.c driver/http/sea_client.h \
	driver/http/transport.c driver/http/transport.h driver/http/transport_priv.h \
	driver/http/worker.c driver/http/worker.h
