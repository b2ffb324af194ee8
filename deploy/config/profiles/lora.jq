# SPDX-License-Identifier: MIT
# Decoded LoRaWAN objects of Milesight, Dragino and others, shared by the profiles of ChirpStack and The Things Stack. `model` is the
# text that names the product (device profile and device name), because the same key means a seat in one and a room in another.
include "words";

# Units that these vendors leave out and that differ from the rest of the world. Pulse counters: `water` as set up in the meter's tool.
def lora_unit: {"powerconsumption": "Wh", "distance": "mm", "water": "m3", "volume": "m3", "waterflowvalue": "L"};

# Keys that would be misread by their name alone.
def lora_skip: {"power": 1, "position": 1, "alarm": 1, "alarm1": 1, "alarm2": 1, "alarms": 1, "mod": 1, "tdc": 1, "history": 1, "events": 1, "type": 1,
	"doorway": 1, "usetimenow": 1, "usetimetoday": 1, "calculateflag": 1, "extitrigger": 1, "extsensor": 1, "batstatus": 1, "nodetype": 1,
	"countmod": 1, "pnackmd": 1, "workmode": 1, "reporttype": 1, "timestamp": 1, "alarmid": 1, "firmware": 1, "batterylow": 0};

def lora_is_seat($model): $model | test("vs34[01]|seat|chair"; "i");
def lora_is_sos($model): $model | test("sos|panic|emergency|呼叫|求助"; "i");

# Radar VS373: where the person is, and its alarms. Motionless is no fall, but it is worth the word.
def lora_radar: (.detection_status | select(. != null)
		| if . == "fall" then {quantity: "fall", value: 1, text: .} elif . == "in_bed" then {quantity: "bed", value: 1, text: .},
			{quantity: "presence", value: 1}
		  elif . == "out_of_bed" then {quantity: "bed", value: 0, text: .} elif . == "vacant" then {quantity: "presence", value: 0, text: .}
		  elif . == "normal" then {quantity: "presence", value: 1, text: .} else empty end),
	(.target_status | select(. == "motionless" or . == "abnormal") as $s | {quantity: "motion", value: 0, text: $s}),
	(to_entries[] | select(.key | startswith("region_") and endswith("_occupancy")) | {quantity: "presence", channel: (.key | rtrimstr("_occupancy")),
		value: (.value | state)} | select(.value != null));

def lora_alarm: (.alarm_status // "alarm_triggered") as $s | (if .region_id != null then "region_" + (.region_id | tostring) else null end) as $c
	| if .alarm_type == null then empty
	  elif $s != "alarm_triggered" and $s != "alarm triggered" then
		(if .alarm_type == "out_of_bed" then {quantity: "bed", channel: $c, value: 1, text: $s} else {quantity: "level",
			channel: ("alarm_" + .alarm_type), value: 0, text: $s} end)
	  elif .alarm_type == "fall" then {quantity: "fall", channel: $c, value: 1, text: "fall"}
	  elif .alarm_type == "out_of_bed" or .alarm_type == "out of bed" then {quantity: "bed", channel: $c, value: 0, text: "out_of_bed"}
	  elif .alarm_type == "motionless" then {quantity: "motion", channel: $c, value: 0, text: "motionless"}
	  elif .alarm_type == "vacant" then {quantity: "presence", channel: $c, value: 0, text: "vacant"}
	  else {quantity: "presence", channel: $c, value: 1, text: .alarm_type} end;

# Smoke detector GS524N: one event word.
def lora_smoke: select((.event | type) == "string" and (.type // "" | tostring | test("smoke"; "i"))) | .event as $e
	| if $e == "alarm" then {quantity: "smoke", value: 1, text: $e} elif ($e | test("testing")) then {quantity: "button", value: 1, text: "test"}
	  elif $e == "removed" then {quantity: "tamper", value: 1, text: $e} elif ($e | test("low battery")) then {quantity: "fault", channel: "battery",
	  	value: 1, text: $e}
	  elif ($e | test("fail")) then {quantity: "fault", value: 1, text: $e} else {quantity: "smoke", value: 0, text: $e} end;

# Cayenne LPP as ChirpStack decodes it: {"temperatureSensor": {"1": 20.5}}; the number is the channel.
def lora_cayenne($k; $v): $v | to_entries[] | select(.value | type == "number") | .key as $n | .value as $x | said(($k
	| rtrimstr("Sensor")); $x; null) + {channel: $n};

def lora_key($model): .key as $k | ($k | bare) as $b | .value as $v
	| if $v == null or lora_skip[$b] == 1 then
		(if $b == "power" and ($v | type) == "number" then {quantity: "power", value: $v} else empty end)
	  elif ($v | type) == "array" then empty
	  elif $b == "occupancy" or $b == "occupancystatus" then ($v | state) as $s | if $s == null then empty
		else {quantity: (if lora_is_seat($model) then "seat" else "presence" end), value: $s, text: ($v | tostring)} end
	  elif $b == "press" or $b == "buttonevent" or $b == "buttonstatus" then ($v | if type == "object" then .status // .event // .mode else . end) as $w
		| ($w | press) as $p | if $p == null then empty
		  elif lora_is_sos($model) then {quantity: "sos", value: 1, text: ($w | tostring)} else {quantity: "button", value: $p, text: ($w | tostring)} end
	  elif $b == "alarmstatus" or $b == "alarmflag" then if ($v | state) == 1 then {quantity: "sos", value: 1} else empty end
	  elif ($b | startswith("current") and test("^current[0-9]a$")) then {quantity: "current", channel: $b[7:8], value: $v}
	  elif $b == "vacant" then ($v | state) as $s | if $s == null then empty else {quantity: "presence", value: (1 - $s)} end
	  elif $b == "daylight" then {quantity: "level", channel: "daylight", value: (if $v == "dark" then 0 else 1 end), text: ($v | tostring)}
	  elif $b == "tvoc" and ($v | type) == "number" and $v != ($v | floor) then {quantity: "level", channel: "tvoc", value: $v}
	  elif $b == "totalcurrent" then {quantity: "level", channel: "total_current", value: $v}
	  elif $b == "waterflowvalue" then {quantity: "water_total", value: $v, unit: "L"}
	  elif $b == "doortimes" or $b == "dooropentimes" then {quantity: "pulse_total", channel: "door_open_times", value: $v}
	  elif ($b | startswith("door") and test("^door[0-9]openstatus$")) then {quantity: "contact", channel: ("door" + $b[4:5]), value: ($v | state),
	  	text: ($v | tostring)} | select(.value != null)
	  elif $b == "doorstatus" and ($v | type) == "object" then empty
	  elif ($b | startswith("region")) or $b == "detectionstatus" or $b == "targetstatus" then empty
	  elif $b == "water" and ($v | type) == "number" then {quantity: "water_total", value: $v, unit: lora_unit["water"]}
	  elif $b == "illlx" or $b == "illumlx" then {quantity: "illuminance", value: $v}
	  elif ($v | type) == "object" then if ($v | has("value")) then said($k; $v.value; ($v | .unit // null)) else lora_cayenne($k; $v) end
	  else said($k; $v; lora_unit[$b]) end;

# lora_object: all that one decoded object tells; with its own time where it is a stored record.
def lora_record($model): (if (.timestamp | type) == "number" then .timestamp else null end) as $at
	| (if .socket_status != null and (.current | type) == "number" then . + {current: (.current / 1000)} else . end)
	| (if .alarm_type != null then lora_alarm else lora_radar, lora_smoke,
		(if (.Sound_ACK // .SOUND_ACK // .Sound_key) != null and ((.Alarm // .ALARM) | state) == 1 then {quantity: "sos", value: 1} else empty end),
		(select(.type == null or .event == null) | to_entries[] | lora_key($model)),
		(select(.type != null and .event != null) | to_entries[] | select(.key == "battery" or .key == "temperature") | lora_key($model)) end)
	| at_time($at);

def lora_object($model): if type != "object" then empty else (del(.history, .events) | lora_record($model)), (.events // [] | if type == "array" then
	.[] | select(type == "object") | lora_record($model) else empty end),
	(.history // [] | if type == "array" then .[] | select(type == "object") | lora_record($model) else empty end) end;
