// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tile.h"

#define GROUP 1000 /* a directory has a thousand names */

struct tile tile_of(unsigned int level, uint64_t index, uint64_t size)
{
	unsigned int shift = level == TILE_ENTRIES ? 0 : level * TILE_SHIFT;
	uint64_t hashes = (size >> shift) - index * TILE_WIDTH;

	return (struct tile){ level, index, hashes < TILE_WIDTH ? hashes : TILE_WIDTH };
}

/* Without .p/WIDTH; @end is where the text ends. */
static char *number_print(char *end, char *limit, uint64_t index)
{
	char groups[8][4];
	int count = 0;

	do
		snprintf(groups[count++], 4, "%03u", (unsigned int)(index % GROUP));
	while (index /= GROUP);
	while (count-- > 0)
		end += snprintf(end, limit - end, "%s%s%s", count ? "x" : "", groups[count],
				count ? "/" : "");
	return end;
}

const char *tile_path(const struct tile *tile, char path[TILE_PATH_MAX])
{
	char *end = path, *limit = path + TILE_PATH_MAX;

	if (tile->level == TILE_ENTRIES)
		end += snprintf(path, TILE_PATH_MAX, "tile/entries/");
	else
		end += snprintf(path, TILE_PATH_MAX, "tile/%u/", tile->level);
	end = number_print(end, limit, tile->index);
	if (tile->width < TILE_WIDTH)
		snprintf(end, limit - end, ".p/%u", tile->width);
	return path;
}

void bundle_free(struct bundle *bundle)
{
	free(bundle->data);
	free(bundle->packed);
	*bundle = (struct bundle){ 0 };
}

int bundle_next(const struct bundle *bundle, size_t *offset, const unsigned char **entry)
{
	size_t left = bundle->size - *offset, length;
	const unsigned char *at = bundle->data + *offset;

	if (!left)
		return -ENODATA;
	if (left < 2)
		return -EBADMSG;
	length = at[0] << 8 | at[1];
	if (left - 2 < length)
		return -EBADMSG;
	*entry = at + 2;
	*offset += 2 + length;
	return length;
}
