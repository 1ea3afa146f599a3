/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client of TLS 1.2 or later, over a socket that does not block. The server must have a
 * certificate for the name, or the address, that it was called by.
 */
#ifndef DOMICILE_TLS_H
#define DOMICILE_TLS_H

#include <stddef.h>
#include <sys/types.h>

#include "fault.h"

struct ssl_ctx_st;
struct ssl_st;

/* Of PEM files; @ca NULL: those of the system. @certificate and @key: both or none. */
int tls_context_make(struct ssl_ctx_st **ret, const char *ca, const char *certificate,
		     const char *key, struct fault *fault);
void tls_context_free(struct ssl_ctx_st **context);

/* Negative errno, with @fault. tls_free() in any case. */
int tls_connect(struct ssl_st **ret, struct ssl_ctx_st *context, int fd, const char *host,
		int timeout_ms, struct fault *fault);
void tls_free(struct ssl_st **tls);

/* How many of the bytes were sent, or a negative errno. */
ssize_t tls_write(struct ssl_st *tls, const void *data, size_t size, int timeout_ms);
/* Forgets what it reads: 0, -EAGAIN: nothing for now, -ENOTCONN: the end. */
int tls_read(struct ssl_st *tls);
/* Says that no more comes. @tls may be NULL. */
void tls_goodbye(struct ssl_st *tls);

#endif /* DOMICILE_TLS_H */
