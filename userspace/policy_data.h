/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files of addresses that documents name. Who parses the documents says which
 * they are and cannot open them; who asked reads them, and makes no sense of them.
 */
#ifndef DOMICILE_POLICY_DATA_H
#define DOMICILE_POLICY_DATA_H

#include "policy_document.h"

#define DATA_WANTS_MAX 4096
#define DATA_FILE_SIZE_MAX (128u << 20)

/* Where country data is looked for when no document says: every file there, by name... */
#define DATA_COUNTRIES_DIR "/var/lib/domicile/countries"
/* ...or, when there is none, both of these (Debian's tor-geoipdb). */
#define DATA_COUNTRIES_TOR4 "/usr/share/tor/geoip"
#define DATA_COUNTRIES_TOR6 "/usr/share/tor/geoip6"

struct data_want {
	enum data_kind kind;
	char *path; /* as named; "": country data by default */
	struct policy_place place; /* where it is named; the file is that of a document */
};

/* Start with = {}. */
struct data_wants {
	struct data_want *list;
	size_t count;
};

/* 0, -ENOMEM, or -E2BIG for more than DATA_WANTS_MAX. Wants nothing twice. */
int data_want(struct data_wants *wants, enum data_kind kind, const char *path,
	      const struct policy_place *place);
void data_wants_free(struct data_wants *wants);

/*
 * The index of the first file in @documents that was read for what is wanted, from
 * @from on; documents->data_count if there is none.
 */
size_t data_find(const struct documents *documents, const struct data_want *want, size_t from);

/*
 * Reads what is wanted, adds it to @documents and makes the digest anew. Returns 0,
 * -EINVAL with errors added, or another errno.
 */
int data_read(struct documents *documents, const struct data_wants *wants,
	      struct policy_errors *errors);

#endif /* DOMICILE_POLICY_DATA_H */
