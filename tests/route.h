/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A way to send, tried by a child with labelled data and by one without, to the
 * network that the policy allows and to the other.
 */
#ifndef DOMICILE_ROUTE_H
#define DOMICILE_ROUTE_H

#include "domicile_test.h"

struct route {
	const char *in;
	const char *out;
	const char *seen; /* OUT as a record writes it */
	const char *suffix; /* of the variants in the ledger */
};

static const struct route route4 = { IN4, OUT4, OUT4, "4" };

struct job {
	const char *host;
	int (*send)(struct endpoint *to); /* 0, or the errno of the call that was refused */
};

/* What a way to send reads if it sends from a file: nobody but job_late_plain() sets it. */
static const char *source = LABELLED;
static int late_fd;

/* Return: a connection, or a negative errno. */
static inline int tcp_connect(struct endpoint *to)
{
	int fd = socket(to->family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (void *)&to->address, to->length)) {
		close(fd);
		return -errno;
	}
	return fd;
}

/* --- who does it ------------------------------------------------------------- */

static inline int job_plain(void *argument)
{
	struct job *job = argument;
	struct endpoint to = endpoint(job->host, PORT);

	return job->send(&to);
}

static inline int job_labelled(void *argument)
{
	return take_label() ?: job_plain(argument);
}

/* On a connection made before the label was taken. */
static inline int job_late(void *argument)
{
	struct job *job = argument;
	struct endpoint to = endpoint(job->host, PORT);

	late_fd = tcp_connect(&to);
	if (late_fd < 0)
		return -late_fd;
	return job_labelled(argument);
}

static inline int job_late_plain(void *argument)
{
	struct job *job = argument;
	struct endpoint to = endpoint(job->host, PORT);

	source = PLAIN;
	late_fd = tcp_connect(&to);
	return late_fd < 0 ? -late_fd : job_plain(argument);
}

/* --- what has to happen ------------------------------------------------------- */

/* Labelled, it reaches `in` and not `out`; not labelled, it reaches `out`. */
static inline void check(struct __test_metadata *_metadata, const struct route *route,
			 int (*send)(struct endpoint *to), int (*labelled)(void *),
			 int (*plain)(void *))
{
	struct job in = { route->in, send }, out = { route->out, send };

	arrived("in", false);
	arrived("out", false);
	EXPECT_EQ(0, in_child(labelled, &in));
	EXPECT_TRUE(arrived("in", true));
	EXPECT_DENIED(in_child(labelled, &out));
	EXPECT_EQ(!enforcing, arrived("out", !enforcing));
	if (enforcing)
		EXPECT_TRUE(recorded("\"deny\"", route->seen, LABELLED));
	EXPECT_EQ(0, in_child(plain, &out));
	EXPECT_TRUE(arrived("out", true));
}

/* ROW() for one of the routes: @id is completed by its suffix. */
static inline void row_route(const struct route *route, const char *id, const char *mechanism)
{
	char whole[64];

	snprintf(whole, sizeof(whole), "%s%s", id, route->suffix);
	ROW(whole, "blocked", mechanism);
}

#endif /* DOMICILE_ROUTE_H */
