// SPDX-License-Identifier: GPL-2.0-only
#include "export_format.h"

int export_json(const struct export_record *record, FILE *file)
{
	fprintf(file, "{\"index\":%llu,\"entry\":%.*s}", (unsigned long long)record->index,
		(int)record->size, record->text);
	return 0;
}
