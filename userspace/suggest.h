/* SPDX-License-Identifier: GPL-2.0-only */
/* Which known word was probably meant. */
#ifndef DOMICILE_SUGGEST_H
#define DOMICILE_SUGGEST_H

struct suggestion {
	const char *word; /* as found */
	const char *nearest; /* of the words offered; NULL: none is near */
	unsigned int distance;
};

void suggest_start(struct suggestion *suggestion, const char *word);
/* @candidate must live as long as @suggestion is used. */
void suggest_offer(struct suggestion *suggestion, const char *candidate);

#endif /* DOMICILE_SUGGEST_H */
