/* SPDX-License-Identifier: MIT */
#include "message/quantity.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#define ROW(q, name, unit, kind, min, max, alarm) [QUANTITY_##q] = {name, unit, QUANTITY_##kind, min, max, alarm}

/* Plausible ranges: wide enough for any working device, narrow enough for a broken one to show. */
static const struct quantity_info table[QUANTITY_COUNT] = {
	ROW(WATER_TOTAL, "water_total", "L", COUNTER, 0, 1e10, false),
	ROW(GAS_TOTAL, "gas_total", "L", COUNTER, 0, 1e10, false),
	ROW(ENERGY_TOTAL, "energy_total", "Wh", COUNTER, 0, 1e12, false),
	ROW(HEAT_TOTAL, "heat_total", "Wh", COUNTER, 0, 1e12, false),
	ROW(PULSE_TOTAL, "pulse_total", "count", COUNTER, 0, 1e12, false),
	ROW(WATER_FLOW, "water_flow", "L/h", GAUGE, -1e5, 1e5, false),
	ROW(GAS_FLOW, "gas_flow", "L/h", GAUGE, -1e5, 1e5, false),
	ROW(POWER, "power", "W", GAUGE, -1e6, 1e6, false),
	ROW(VOLTAGE, "voltage", "V", GAUGE, -1000, 1000, false),
	ROW(CURRENT, "current", "A", GAUGE, -1000, 1000, false),
	ROW(TEMPERATURE, "temperature", "Cel", GAUGE, -60, 200, false),
	ROW(HUMIDITY, "humidity", "%RH", GAUGE, 0, 100, false),
	ROW(ILLUMINANCE, "illuminance", "lx", GAUGE, 0, 200000, false),
	ROW(PRESSURE, "pressure", "hPa", GAUGE, 300, 1200, false),
	ROW(CO2, "co2", "ppm", GAUGE, 0, 50000, false),
	ROW(TVOC, "tvoc", "ppb", GAUGE, 0, 100000, false),
	ROW(PM2_5, "pm2_5", "ug/m3", GAUGE, 0, 10000, false),
	ROW(PM10, "pm10", "ug/m3", GAUGE, 0, 10000, false),
	ROW(GAS_CONCENTRATION, "gas_concentration", "ppm", GAUGE, 0, 1e6, false),
	ROW(NOISE, "noise", "dB", GAUGE, 0, 200, false),
	ROW(DISTANCE, "distance", "m", GAUGE, 0, 10000, false),
	ROW(PEOPLE, "people", "count", GAUGE, 0, 1000, false),
	ROW(HEART_RATE, "heart_rate", "1/min", GAUGE, 0, 300, false),
	ROW(COVER_POSITION, "cover_position", "%", GAUGE, 0, 100, false),
	ROW(BATTERY, "battery", "%", GAUGE, 0, 100, false),
	ROW(SIGNAL, "signal", "dBm", GAUGE, -200, 50, false),
	ROW(LINK_QUALITY, "link_quality", "1", GAUGE, -200, 1000, false),
	ROW(LEVEL, "level", "1", GAUGE, -1e15, 1e15, false),
	ROW(CONTACT, "contact", "1", STATE, 0, 1, false),
	ROW(MOTION, "motion", "1", STATE, 0, 1, false),
	ROW(PRESENCE, "presence", "1", STATE, 0, 1, false),
	ROW(BED, "bed", "1", STATE, 0, 1, false),
	ROW(SEAT, "seat", "1", STATE, 0, 1, false),
	ROW(SWITCH, "switch", "1", STATE, 0, 1, false),
	ROW(VIBRATION, "vibration", "1", STATE, 0, 1, false),
	ROW(TAMPER, "tamper", "1", STATE, 0, 1, false),
	ROW(ONLINE, "online", "1", STATE, 0, 1, false),
	ROW(FAULT, "fault", "1", STATE, 0, 1, false),
	ROW(LEAK, "leak", "1", STATE, 0, 1, true),
	ROW(SMOKE, "smoke", "1", STATE, 0, 1, true),
	ROW(GAS_ALARM, "gas_alarm", "1", STATE, 0, 1, true),
	ROW(CO_ALARM, "co_alarm", "1", STATE, 0, 1, true),
	ROW(SOS, "sos", "1", EVENT, 0, 1, true),
	ROW(FALL, "fall", "1", EVENT, 0, 1, true),
	ROW(BUTTON, "button", "1", EVENT, 0, 100, false),
	ROW(PERSON_SEEN, "person_seen", "1", EVENT, 0, 1000, false),
	ROW(DOOR_VIEWER, "door_viewer", "1", EVENT, 0, 10, false),
	ROW(CALL, "call", "1", EVENT, 0, 10, false),
	ROW(CODE, "code", "1", EVENT, 0, 1e15, false),
};

const struct quantity_info *quantity_info(enum quantity q)
{
	assert((unsigned)q < QUANTITY_COUNT);
	return &table[q];
}

enum err quantity_find(const char *name, enum quantity *out)
{
	for (unsigned i = 0; i < QUANTITY_COUNT; i++) {
		if (!strcmp(table[i].name, name)) {
			*out = (enum quantity)i;
			return ERR_OK;
		}
	}
	return ERR_NOT_FOUND;
}

/* unit: how one spelling becomes a canonical unit: value * factor + offset. Spellings are UCUM, SenML, and what devices
 * write. */
struct unit {
	const char *canonical, *spelling;
	double factor, offset;
};

static const struct unit units[] = {
	{"L", "l", 1, 0},
	{"L", "liter", 1, 0},
	{"L", "litre", 1, 0},
	{"L", "升", 1, 0},
	{"L", "m3", 1000, 0},
	{"L", "m³", 1000, 0},
	{"L", "m^3", 1000, 0},
	{"L", "立方米", 1000, 0},
	{"L", "吨", 1000, 0},
	{"L", "t", 1000, 0},
	{"L", "dm3", 1, 0},
	{"L", "mL", 0.001, 0},
	{"L", "ml", 0.001, 0},
	{"L", "hL", 100, 0},
	{"L", "cft", 28.316846592, 0},
	{"L", "ft3", 28.316846592, 0},
	{"L", "gal", 3.785411784, 0},
	{"L", "[gal_us]", 3.785411784, 0},
	{"Wh", "kWh", 1000, 0},
	{"Wh", "KWH", 1000, 0},
	{"Wh", "kwh", 1000, 0},
	{"Wh", "kW.h", 1000, 0},
	{"Wh", "kW·h", 1000, 0},
	{"Wh", "度", 1000, 0},
	{"Wh", "千瓦时", 1000, 0},
	{"Wh", "MWh", 1e6, 0},
	{"Wh", "Wmin", 1.0 / 60, 0},
	{"Wh", "W.min", 1.0 / 60, 0},
	{"Wh", "J", 1.0 / 3600, 0},
	{"Wh", "kJ", 1.0 / 3.6, 0},
	{"Wh", "MJ", 1e3 / 3.6, 0},
	{"Wh", "GJ", 1e6 / 3.6, 0},
	{"Wh", "Ws", 1.0 / 3600, 0},
	{"L/h", "l/h", 1, 0},
	{"L/h", "L/min", 60, 0},
	{"L/h", "l/min", 60, 0},
	{"L/h", "m3/h", 1000, 0},
	{"L/h", "m³/h", 1000, 0},
	{"L/h", "L/s", 3600, 0},
	{"L/h", "l/s", 3600, 0},
	{"L/h", "m3/s", 3.6e6, 0},
	{"W", "kW", 1000, 0},
	{"W", "mW", 0.001, 0},
	{"W", "VA", 1, 0},
	{"W", "瓦", 1, 0},
	{"W", "千瓦", 1000, 0},
	{"V", "mV", 0.001, 0},
	{"V", "kV", 1000, 0},
	{"V", "伏", 1, 0},
	{"A", "mA", 0.001, 0},
	{"A", "安", 1, 0},
	{"Cel", "C", 1, 0},
	{"Cel", "°C", 1, 0},
	{"Cel", "℃", 1, 0},
	{"Cel", "degC", 1, 0},
	{"Cel", "K", 1, -273.15},
	{"Cel", "F", 5.0 / 9, -32 * 5.0 / 9},
	{"Cel", "°F", 5.0 / 9, -32 * 5.0 / 9},
	{"Cel", "degF", 5.0 / 9, -32 * 5.0 / 9},
	{"Cel", "[degF]", 5.0 / 9, -32 * 5.0 / 9},
	{"%RH", "%", 1, 0},
	{"%RH", "/", 100, 0},
	{"lx", "lux", 1, 0},
	{"lx", "klx", 1000, 0},
	{"hPa", "Pa", 0.01, 0},
	{"hPa", "kPa", 10, 0},
	{"hPa", "mbar", 1, 0},
	{"hPa", "bar", 1000, 0},
	{"hPa", "mmHg", 1.33322387415, 0},
	{"ppm", "ppb", 0.001, 0},
	{"ppm", "%", 1e4, 0},
	{"ppb", "ppm", 1000, 0},
	{"ug/m3", "µg/m3", 1, 0},
	{"ug/m3", "µg/m³", 1, 0},
	{"ug/m3", "μg/m³", 1, 0},
	{"ug/m3", "mg/m3", 1000, 0},
	{"ug/m3", "mg/m³", 1000, 0},
	{"dB", "dBA", 1, 0},
	{"dB", "dB(A)", 1, 0},
	{"m", "cm", 0.01, 0},
	{"m", "mm", 0.001, 0},
	{"m", "km", 1000, 0},
	{"m", "in", 0.0254, 0},
	{"m", "ft", 0.3048, 0},
	{"1/min", "bpm", 1, 0},
	{"1/min", "beat/min", 1, 0},
	{"1/min", "Hz", 60, 0},
	{"%", "%EL", 1, 0},
	{"%", "%RH", 1, 0},
	{"%", "/", 100, 0},
	{"%", "1", 100, 0},
	{"count", "1", 1, 0},
	{"count", "pulse", 1, 0},
	{"count", "pulses", 1, 0},
	{"1", "count", 1, 0},
	{"1", "%", 1, 0},
	{"1", "/", 1, 0},
	{"dBm", "dBW", 1, 30},
	{"dBm", "dB", 1, 0},
};

enum err quantity_convert(enum quantity q, const char *unit, double value, double *out)
{
	const char *canonical = quantity_info(q)->unit;

	if (!*unit || !strcmp(unit, canonical)) {
		*out = value;
		return ERR_OK;
	}
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (!strcmp(units[i].canonical, canonical) && !strcmp(units[i].spelling, unit)) {
			*out = value * units[i].factor + units[i].offset;
			return ERR_OK;
		}
	}
	return ERR_NOT_FOUND;
}
