// SPDX-License-Identifier: GPL-2.0-only
/*
 * This process reads the documents, for which it may need its rights, and
 * hashes them. A child without rights makes sense of them.
 */
#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "confined.h"
#include "policy_error.h"
#include "policy_impl.h"
#include "policy_wire.h"

static int compile(const void *documents, void **ret, size_t *ret_size)
{
	struct policy_result result = {};
	struct policy_errors errors = {};

	policy_build(documents, &result, &errors);
	return policy_pack(&result, &errors, documents, ret, ret_size);
}

static int child_result(const struct documents *documents, struct policy_result *result,
			struct policy_errors *errors)
{
	const struct confined child = {
		.what = "policy parser",
		.work = compile,
		.input = documents,
		.size_max = POLICY_WIRE_SIZE_MAX,
	};
	cleanup(free_memory) char *data = NULL;
	size_t size;
	int err = confined_run(&child, &data, &size, errors);

	return err ? err : policy_unpack(data, size, documents, result, errors);
}

int policy_compile_documents(struct documents *documents, struct policy **ret,
			     struct policy_errors *errors)
{
	return policy_compile_by(child_result, documents, ret, errors);
}

int policy_compile_text_confined(const char *name, char *text, struct policy **ret,
				 struct policy_errors *errors)
{
	cleanup(documents_free) struct documents documents = {};
	int err = documents_hold(name, text, &documents);

	return err ? policy_error_work(errors, err) :
		     policy_compile_documents(&documents, ret, errors);
}

int policy_compile_confined(char *const files[], size_t count, struct policy **ret,
			    struct policy_errors *errors)
{
	cleanup(documents_free) struct documents documents = {};
	int err = documents_read(files, count, &documents, errors);

	return err ? policy_error_work(errors, err) :
		     policy_compile_documents(&documents, ret, errors);
}
