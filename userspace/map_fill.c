// SPDX-License-Identifier: GPL-2.0-only
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <domicile/policy_abi.h>

#include "cleanup.h"
#include "map_fill.h"

#define MAPS DOMICILE_PIN_DIR "/maps"

static bool can_fill(const struct bpf_map_info *info)
{
	return info->type == BPF_MAP_TYPE_HASH || info->type == BPF_MAP_TYPE_LRU_HASH ||
	       info->type == BPF_MAP_TYPE_LPM_TRIE;
}

/* Programs add and remove meanwhile: no more steps than there can be entries. */
static json_int_t entries_count(int fd, const struct bpf_map_info *info)
{
	cleanup(free_memory) unsigned char *keys = calloc(2, info->key_size);
	unsigned char *next = keys + info->key_size;
	json_int_t count = 0;

	if (!keys || bpf_map_get_next_key(fd, NULL, next))
		return 0;
	do {
		memcpy(keys, next, info->key_size);
		count++;
	} while (count < info->max_entries && !bpf_map_get_next_key(fd, keys, next));
	return count;
}

static void map_add(json_t *object, const char *name)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);
	char path[PATH_MAX];
	cleanup(close_fd) int fd = -1;

	snprintf(path, sizeof(path), MAPS "/%s", name);
	fd = bpf_obj_get(path);
	if (fd < 0 || bpf_map_get_info_by_fd(fd, &info, &size) || !can_fill(&info))
		return;
	json_object_set_new(object, name, json_pack("{s:I, s:I}", "entries",
						    entries_count(fd, &info), "max",
						    (json_int_t)info.max_entries));
}

json_t *map_fill(void)
{
	cleanup(close_directory) DIR *directory = opendir(MAPS);
	json_t *object = json_object();
	struct dirent *entry;

	while (object && directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			map_add(object, entry->d_name);
	return object;
}
