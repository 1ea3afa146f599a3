// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "country.h"

static const char assigned[] =
	"AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO "
	"BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ "
	"DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP "
	"GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG "
	"KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML "
	"MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE "
	"PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL "
	"SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM "
	"US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW ";

/* Codes that people use, and what ISO 3166-1 has instead. */
static const char *const others[][2] = { { "UK", "GB" }, { "EL", "GR" } };

static bool is_capital(char letter)
{
	return letter >= 'A' && letter <= 'Z';
}

__u16 country_number(const char *text, size_t size)
{
	if (size != 2 || !is_capital(text[0]) || !is_capital(text[1]))
		return COUNTRY_NONE;
	return (text[0] - 'A') * 26 + text[1] - 'A';
}

const char *country_text(__u16 country, char text[COUNTRY_TEXT_SIZE])
{
	text[0] = 'A' + country / 26;
	text[1] = 'A' + country % 26;
	text[2] = 0;
	return text;
}

bool country_assigned(__u16 country)
{
	char text[COUNTRY_TEXT_SIZE];

	if (country >= COUNTRIES_MAX)
		return false;
	country_text(country, text);
	for (const char *at = assigned; *at; at += 3)
		if (!memcmp(at, text, 2))
			return true;
	return false;
}

__u16 country_meant(const char *text)
{
	char upper[COUNTRY_TEXT_SIZE] = "";
	__u16 country;

	if (strlen(text) != 2)
		return COUNTRY_NONE;
	for (size_t i = 0; i < 2; i++)
		upper[i] = text[i] & ~0x20;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (!strcmp(others[i][0], upper))
			return country_number(others[i][1], 2);
	country = country_number(upper, 2);
	return country_assigned(country) ? country : COUNTRY_NONE;
}
