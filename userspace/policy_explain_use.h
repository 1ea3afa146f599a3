/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DOMICILE_POLICY_EXPLAIN_USE_H
#define DOMICILE_POLICY_EXPLAIN_USE_H

#include "answer.h"
#include "policy.h"

/* Who uses labelled files, and how, as the command line says. Texts are borrowed. */
struct use_question {
	const char *use; /* "read" or "write"; NULL: not asked */
	struct policy_actor who;
};

/* Is it in order? Returns what is wrong, or NULL. */
const char *use_question_wrong(const struct use_question *question);

/* Prints the verdict, as JSON or for people. The answer is no when it is denied. */
enum answer explain_use(const struct use_question *question, const struct policy *policy,
			const struct domicile_label_set *labels, bool json);

#endif /* DOMICILE_POLICY_EXPLAIN_USE_H */
