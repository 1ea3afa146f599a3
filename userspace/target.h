/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where records are exported to, and how they get there:
 *	-				standard output, a message a line
 *	unix:PATH, udp://HOST[:PORT]	datagrams
 *	tcp://HOST[:PORT], tls://...	octet counting, RFC 6587 and RFC 5425
 *	http://..., https://...		requests
 * A target connects when it has to send something, and anew when the connection was lost.
 *
 * Functions return 0 or a negative errno, with @fault; -EINTR: told to stop (interrupt.h).
 */
#ifndef DOMICILE_TARGET_H
#define DOMICILE_TARGET_H

#include <stdbool.h>

#include "export_format.h"
#include "fault.h"

#define BATCH_MESSAGES 256
#define BATCH_BYTES (1 << 20) /* one message can be longer */

struct batch {
	struct message {
		char *data; /* owned */
		size_t size;
	} messages[BATCH_MESSAGES];
	size_t count, bytes;
};

/* Files, or NULL. */
struct target_options {
	const char *ca; /* PEM; NULL: those of the system */
	const char *certificate, *key; /* PEM: of this client */
	const char *headers; /* of requests, "Name: value" a line */
};

struct target {
	const struct target_kind *kind;
	const char *text; /* as it was given */
	const struct export_format *format;
	char host[256], port[16];
	int fd; /* -1: not connected */
	struct ssl_ctx_st *tls_context;
	struct ssl_st *tls;
	void *curl; /* CURL */
	struct curl_slist *headers;
};

/* A row for each of the forms above. */
struct target_kind {
	const char *prefix;
	const char *port; /* that goes without saying, or NULL: it has no host and port */
	bool is_syslog;
	unsigned int settle_s; /* how long it may take to be seen that what was sent was lost */
	int (*open)(struct target *target, const struct target_options *options,
		    struct fault *fault); /* NULL: there is nothing to do */
	int (*send)(struct target *target, const struct batch *batch, struct fault *fault);
	int (*check)(struct target *target); /* is the connection lost? NULL: there is none */
	int (*finish)(struct target *target); /* did all arrive? NULL: it did */
	void (*close)(struct target *target); /* NULL: there is nothing to do */
};

extern const struct target_kind target_output, target_unix, target_udp, target_tcp, target_tls,
	target_http, target_https;

/*
 * Checks all that can be checked without the other side. @text and @format must outlive it.
 * -EINVAL: not a form of above, or not one that carries @format. target_close() in any case.
 */
int target_open(struct target *target, const char *text, const struct export_format *format,
		const struct target_options *options, struct fault *fault);
/* All of the batch, or it cannot be said what of it. -EMSGSIZE: it is too much at once. */
int target_send(struct target *target, const struct batch *batch, struct fault *fault);
/* Since the last target_send(). */
int target_check(struct target *target);
int target_finish(struct target *target);
void target_close(struct target *target);

void batch_clear(struct batch *batch);

#endif /* DOMICILE_TARGET_H */
