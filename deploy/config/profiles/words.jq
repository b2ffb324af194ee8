# SPDX-License-Identifier: MIT
# What vendors call things, in English and Chinese: for the profiles of families whose keys are free. A district adds its own gateway's
# keys to `vocabulary`; a key is written bare: small letters, without "_", "-", "." and spaces. "quantity/channel" names a channel too.

def vocabulary: {
	"water": "water_total", "watermetertotal": "water_total", "watertotal": "water_total", "totalwater": "water_total", "waterconsumption": "water_total", "waterconsumed": "water_total",
	"waterusage": "water_total", "waterused": "water_total", "watervolume": "water_total", "watermeter": "water_total",
	"watermeterreading": "water_total", "watermetervalue": "water_total", "waterreading": "water_total", "totalwaterflow": "water_total",
	"waterflowtotal": "water_total", "totalflow": "water_total", "flowtotal": "water_total", "cumulativeflow": "water_total",
	"accumulatedflow": "water_total", "accumulatedwater": "water_total", "cumulativewater": "water_total", "cumflow": "water_total",
	"forwardflow": "water_total", "forwardtotal": "water_total", "positiveflow": "water_total", "positivetotalflow": "water_total",
	"totalm3": "water_total", "totalvolume": "water_total", "volume": "water_total", "volumetotal": "water_total",
	"coldwater": "water_total", "coldwatertotal": "water_total", "hotwatertotal": "water_total/hot", "hotwater": "water_total/hot",
	"累计流量": "water_total", "累积流量": "water_total", "总流量": "water_total", "正向累计流量": "water_total", "正累计流量": "water_total",
	"当前累计流量": "water_total", "净累计流量": "water_total", "总用水量": "water_total", "累计用水量": "water_total", "用水量": "water_total",
	"累计水量": "water_total", "总水量": "water_total", "水量": "water_total", "水表读数": "water_total", "水表示数": "water_total",
	"水表": "water_total", "冷水累计流量": "water_total", "热水累计流量": "water_total/hot", "水表底数": "water_total", "表底数": "water_total",
	"gastotal": "gas_total", "totalgas": "gas_total", "gasconsumption": "gas_total", "gasvolume": "gas_total", "gasusage": "gas_total",
	"gasmeter": "gas_total", "gasmeterreading": "gas_total", "gasreading": "gas_total", "gasflowtotal": "gas_total",
	"累计用气量": "gas_total", "用气量": "gas_total", "总用气量": "gas_total", "燃气表读数": "gas_total", "燃气用量": "gas_total",
	"累计气量": "gas_total", "气量": "gas_total", "总气量": "gas_total",
	"energytotal": "energy_total", "totalenergy": "energy_total", "energy": "energy_total", "activeenergy": "energy_total",
	"totalactiveenergy": "energy_total", "activeenergytotal": "energy_total", "forwardactiveenergy": "energy_total",
	"positiveactiveenergy": "energy_total", "importactiveenergy": "energy_total", "importenergy": "energy_total",
	"energyconsumption": "energy_total", "energyconsumed": "energy_total", "electricenergy": "energy_total",
	"electricityconsumption": "energy_total", "powerconsumption": "energy_total", "totalpowerconsumption": "energy_total",
	"electricity": "energy_total", "electricitytotal": "energy_total", "totalelectricity": "energy_total", "kwh": "energy_total",
	"totalkwh": "energy_total", "kwhtotal": "energy_total", "ep": "energy_total", "epi": "energy_total", "epp": "energy_total",
	"energytotalkwh": "energy_total", "energykwh": "energy_total", "meterreading": "energy_total", "totalelectric": "energy_total",
	"电量": "energy_total", "总电量": "energy_total", "用电量": "energy_total", "总用电量": "energy_total", "累计电量": "energy_total",
	"累计用电量": "energy_total", "电能": "energy_total", "总电能": "energy_total", "有功电能": "energy_total", "有功总电能": "energy_total",
	"总有功电能": "energy_total", "正向有功电能": "energy_total", "正向有功总电能": "energy_total", "正向总有功电能": "energy_total",
	"当前正向有功总电能": "energy_total", "组合有功总电能": "energy_total", "组合有功电能": "energy_total", "当前组合有功总电能": "energy_total",
	"电表读数": "energy_total", "电表示数": "energy_total", "正向有功总": "energy_total", "正向有功": "energy_total",
	"heattotal": "heat_total", "totalheat": "heat_total", "heat": "heat_total", "heatenergy": "heat_total", "热量": "heat_total",
	"累计热量": "heat_total", "累积热量": "heat_total", "总热量": "heat_total",
	"pulse": "pulse_total", "pulses": "pulse_total", "pulsecount": "pulse_total", "pulsecounter": "pulse_total",
	"pulsetotal": "pulse_total", "totalpulse": "pulse_total", "totalpulses": "pulse_total", "脉冲数": "pulse_total", "脉冲": "pulse_total",
	"waterflow": "water_flow", "waterflowrate": "water_flow", "flow": "water_flow", "flowrate": "water_flow", "instantflow": "water_flow",
	"instantaneousflow": "water_flow", "currentflow": "water_flow", "瞬时流量": "water_flow", "流量": "water_flow", "流速": "water_flow",
	"gasflow": "gas_flow", "gasflowrate": "gas_flow", "燃气瞬时流量": "gas_flow",
	"power": "power", "activepower": "power", "totalactivepower": "power", "totalpower": "power", "currentpower": "power",
	"instantpower": "power", "instantaneouspower": "power", "powerw": "power", "watt": "power", "watts": "power", "p": "power",
	"pt": "power", "ptotal": "power", "psum": "power", "pa": "power/A", "pb": "power/B", "pc": "power/C", "powera": "power/A",
	"powerb": "power/B", "powerc": "power/C", "activepowera": "power/A", "activepowerb": "power/B", "activepowerc": "power/C",
	"功率": "power", "总功率": "power", "有功功率": "power", "总有功功率": "power", "瞬时功率": "power", "瞬时总有功功率": "power",
	"瞬时有功功率": "power", "当前功率": "power",
	"voltage": "voltage", "volt": "voltage", "voltagev": "voltage", "mainsvoltage": "voltage", "rmsvoltage": "voltage", "u": "voltage",
	"ua": "voltage/A", "ub": "voltage/B", "uc": "voltage/C", "va": "voltage/A", "vb": "voltage/B", "vc": "voltage/C",
	"voltagea": "voltage/A", "voltageb": "voltage/B", "voltagec": "voltage/C", "avoltage": "voltage/A", "bvoltage": "voltage/B",
	"cvoltage": "voltage/C", "uab": "voltage/AB", "ubc": "voltage/BC", "uca": "voltage/CA", "电压": "voltage",
	"batteryvoltage": "voltage/battery", "batv": "voltage/battery", "battv": "voltage/battery", "vbat": "voltage/battery",
	"vbatt": "voltage/battery", "batvoltage": "voltage/battery", "bat": "voltage/battery", "电池电压": "voltage/battery",
	"current": "current", "currenta": "current", "amp": "current", "amps": "current", "rmscurrent": "current", "totalcurrent": "current",
	"i": "current", "ia": "current/A", "ib": "current/B", "ic": "current/C", "acurrent": "current/A", "bcurrent": "current/B",
	"ccurrent": "current/C", "currentb": "current/B", "currentc": "current/C", "电流": "current",
	"temperature": "temperature", "temp": "temperature", "tempc": "temperature", "temperaturec": "temperature", "tc": "temperature",
	"currenttemperature": "temperature", "currenttemp": "temperature", "indoortemperature": "temperature", "indoortemp": "temperature",
	"roomtemperature": "temperature", "roomtemp": "temperature", "ambienttemperature": "temperature", "airtemperature": "temperature",
	"environmenttemperature": "temperature", "envtemperature": "temperature", "温度": "temperature",
	"室温": "temperature", "室内温度": "temperature", "环境温度": "temperature", "当前温度": "temperature", "tempcsht": "temperature",
	"tempcds": "temperature/probe", "tempcds18b20": "temperature/probe", "tempred": "temperature/red", "tempwhite": "temperature/white", "tempblack": "temperature/black", "bodytemperature": "temperature/body", "体温": "temperature/body", "watertemperature": "temperature/water",
	"watertemp": "temperature/water", "水温": "temperature/water", "localtemperature": "temperature",
	"humidity": "humidity", "hum": "humidity", "humi": "humidity", "humid": "humidity", "rh": "humidity", "relativehumidity": "humidity",
	"currenthumidity": "humidity", "indoorhumidity": "humidity", "ambienthumidity": "humidity", "airhumidity": "humidity",
	"environmenthumidity": "humidity", "envhumidity": "humidity", "湿度": "humidity", "相对湿度": "humidity",
	"室内湿度": "humidity", "环境湿度": "humidity", "当前湿度": "humidity", "humsht": "humidity",
	"illuminance": "illuminance", "illuminancelux": "illuminance", "illumination": "illuminance", "lux": "illuminance",
	"light": "illuminance", "lightlux": "illuminance", "lightintensity": "illuminance", "luminance": "illuminance",
	"luminosity": "illuminance", "illumlx": "illuminance", "lightilluminance": "illuminance", "照度": "illuminance",
	"光照": "illuminance", "光照度": "illuminance", "光照强度": "illuminance", "亮度": "illuminance",
	"pressure": "pressure", "airpressure": "pressure", "barometer": "pressure", "barometricpressure": "pressure",
	"atmosphericpressure": "pressure", "气压": "pressure", "大气压": "pressure", "大气压力": "pressure",
	"co2": "co2", "eco2": "co2", "co2ppm": "co2", "carbondioxide": "co2", "二氧化碳": "co2", "二氧化碳浓度": "co2",
	"tvoc": "tvoc", "voc": "tvoc", "tvocppb": "tvoc", "pm25": "pm2_5", "pm10": "pm10",
	"gasconcentration": "gas_concentration", "gasppm": "gas_concentration", "gasvalue": "gas_concentration", "ppm": "gas_concentration",
	"燃气浓度": "gas_concentration", "气体浓度": "gas_concentration", "可燃气体浓度": "gas_concentration", "甲烷浓度": "gas_concentration",
	"noise": "noise", "noiselevel": "noise", "laeq": "noise", "sound": "noise", "噪声": "noise", "噪音": "noise",
	"distance": "distance", "targetdistance": "distance", "距离": "distance",
	"people": "people", "peoplecount": "people", "peopletotalcounts": "people", "peoplecounts": "people", "numberofpeople": "people", "persons": "people", "peoplenum": "people", "personcount": "people", "humancount": "people",
	"regioncount": "people", "totalpeople": "people", "人数": "people", "当前人数": "people",
	"heartrate": "heart_rate", "hr": "heart_rate", "bpm": "heart_rate", "pulserate": "heart_rate", "heartbeat": "heart_rate",
	"心率": "heart_rate", "脉率": "heart_rate",
	"coverposition": "cover_position", "curtainposition": "cover_position", "position": "cover_position", "currentposition": "cover_position",
	"blindposition": "cover_position", "shutterposition": "cover_position", "curtainpercent": "cover_position",
	"percentcontrol": "cover_position", "percentstate": "cover_position", "窗帘位置": "cover_position", "窗帘开度": "cover_position",
	"窗帘": "cover_position", "开度": "cover_position", "开合度": "cover_position", "窗帘开合度": "cover_position",
	"battery": "battery", "batterylevel": "battery", "batterypercent": "battery", "batterypercentage": "battery",
	"batterycapacity": "battery", "batt": "battery", "battlevel": "battery", "battpercent": "battery", "batteryremaining": "battery",
	"remainingbattery": "battery", "soc": "battery", "batterypct": "battery", "电池": "battery", "电池电量": "battery",
	"电池剩余电量": "battery", "剩余电池": "battery", "电池百分比": "battery",
	"rssi": "signal", "signal": "signal", "signalstrength": "signal", "signallevel": "signal", "rsrp": "signal", "信号": "signal",
	"信号强度": "signal", "linkquality": "link_quality", "lqi": "link_quality", "信号质量": "link_quality", "csq": "link_quality",
	"contact": "contact", "contactstate": "contact", "contactstatus": "contact", "door": "contact", "doorstate": "contact",
	"doorstatus": "contact", "dooropen": "contact", "doorcontact": "contact", "doorsensor": "contact", "doorsensorstate": "contact",
	"dooropenstatus": "contact", "dooropened": "contact", "isopen": "contact", "open": "contact", "opened": "contact",
	"openstate": "contact", "magnet": "contact", "magnetstatus": "contact", "magnetstate": "contact", "window": "contact",
	"windowstate": "contact", "windowstatus": "contact", "windowopen": "contact", "reed": "contact", "reedswitch": "contact",
	"reedstate": "contact", "hall": "contact", "garagedoor": "contact", "fridge": "contact/fridge",
	"门磁": "contact", "门磁状态": "contact", "门状态": "contact", "门": "contact", "开门状态": "contact", "门窗状态": "contact",
	"门窗": "contact", "大门": "contact", "窗": "contact", "窗户": "contact", "门窗传感器": "contact", "冰箱门": "contact/fridge",
	"motion": "motion", "motionstate": "motion", "motionstatus": "motion", "motiondetected": "motion", "motionalarm": "motion",
	"motionalarmstate": "motion", "move": "motion", "moving": "motion", "movement": "motion", "pir": "motion", "pirstate": "motion",
	"pirstatus": "motion", "piralarm": "motion", "infrared": "motion", "bodyinfrared": "motion", "humanmotion": "motion",
	"movedetected": "motion", "人体移动": "motion", "人体感应": "motion", "人体红外": "motion", "红外": "motion", "红外状态": "motion",
	"有人移动": "motion", "移动侦测": "motion", "活动": "motion", "移动": "motion",
	"presence": "presence", "presencestate": "presence", "occupancy": "presence", "occupancystate": "presence",
	"occupancystatus": "presence", "occupied": "presence", "occupiedstate": "presence", "humanpresence": "presence",
	"humandetected": "presence", "human": "presence", "someone": "presence", "havehuman": "presence", "personpresent": "presence",
	"radar": "presence", "人体存在": "presence", "存在": "presence", "有人": "presence", "有无人": "presence", "存在状态": "presence",
	"人体状态": "presence", "人在": "presence",
	"bed": "bed", "inbed": "bed", "onbed": "bed", "bedstate": "bed", "bedstatus": "bed", "bedoccupancy": "bed", "在床": "bed",
	"在床状态": "bed", "床": "bed", "seat": "seat", "seatoccupied": "seat", "chair": "seat", "座椅": "seat",
	"switch": "switch", "switchstate": "switch", "switchstatus": "switch", "powerswitch": "switch", "powerstate": "switch",
	"powerstatus": "switch", "onoff": "switch", "on": "switch", "lightswitch": "switch", "lightstatus": "switch", "lightstate": "switch",
	"relay": "switch", "relaystate": "switch", "relaystatus": "switch", "relayoutput": "switch", "output": "switch", "socket": "switch",
	"socketstatus": "switch", "outlet": "switch", "plug": "switch", "lamp": "switch", "valve": "switch/valve", "valvestate": "switch/valve",
	"valvestatus": "switch/valve", "开关": "switch", "开关状态": "switch", "电源": "switch", "电源开关": "switch", "电源状态": "switch",
	"继电器": "switch", "插座": "switch", "灯": "switch", "灯开关": "switch", "阀门": "switch/valve", "阀门状态": "switch/valve",
	"主灯开关": "switch", "lock": "switch/lock", "lockstate": "switch/lock",
	"vibration": "vibration", "vibrationstate": "vibration", "vibrationstatus": "vibration", "shake": "vibration", "shock": "vibration",
	"振动": "vibration", "震动": "vibration", "振动状态": "vibration",
	"tamper": "tamper", "tamperalarm": "tamper", "tamperstate": "tamper", "tamperstatus": "tamper", "tampered": "tamper",
	"antitamper": "tamper", "防拆": "tamper", "防拆报警": "tamper", "防拆状态": "tamper", "拆除报警": "tamper", "拆卸": "tamper",
	"online": "online", "onlinestate": "online", "onlinestatus": "online", "available": "online", "availability": "online",
	"reachable": "online", "在线": "online", "在线状态": "online", "fault": "fault", "faultstate": "fault", "faultstatus": "fault",
	"sensorfault": "fault", "malfunction": "fault", "batterylow": "fault/battery", "lowbattery": "fault/battery",
	"batteryalarm": "fault/battery", "lowbatteryalarm": "fault/battery", "故障": "fault", "故障状态": "fault", "故障报警": "fault",
	"低电压": "fault/battery", "欠压": "fault/battery", "低电量报警": "fault/battery", "电池欠压": "fault/battery",
	"leak": "leak", "leakage": "leak", "leakagestatus": "leak", "leakagestate": "leak", "leakstatus": "leak", "leakstate": "leak",
	"waterleak": "leak", "waterleakage": "leak", "waterleakstatus": "leak", "waterleakstate": "leak", "waterleakdetected": "leak",
	"waterleakagealarm": "leak", "waterleachstate": "leak", "waterdetected": "leak", "waterimmersion": "leak", "waterimmersed": "leak",
	"waterinvasion": "leak", "waterlogging": "leak", "flood": "leak", "flooded": "leak", "floodalarm": "leak", "moisture": "leak",
	"wateralarm": "leak", "leakalarm": "leak", "leakdetected": "leak", "漏水": "leak", "漏水状态": "leak", "漏水报警": "leak", "水浸": "leak",
	"水浸状态": "leak", "水浸报警": "leak", "浸水": "leak", "浸水报警": "leak", "浸水状态": "leak", "溢水": "leak",
	"smoke": "smoke", "smokealarm": "smoke", "smokestate": "smoke", "smokestatus": "smoke", "smokesensorstate": "smoke",
	"smokesensorstatus": "smoke", "smokedetected": "smoke", "smokedetection": "smoke", "fire": "smoke", "firealarm": "smoke",
	"flame": "smoke/flame", "烟雾": "smoke", "烟感": "smoke", "烟雾报警": "smoke", "烟感报警": "smoke", "烟雾状态": "smoke", "烟感状态": "smoke",
	"烟雾探测": "smoke", "火警": "smoke", "火灾报警": "smoke", "火焰": "smoke/flame", "火焰报警": "smoke/flame",
	"gas": "gas_alarm", "gasalarm": "gas_alarm", "gasleak": "gas_alarm", "gasleakage": "gas_alarm", "gasstate": "gas_alarm",
	"gasstatus": "gas_alarm", "gasalarmstate": "gas_alarm", "gassensorstate": "gas_alarm", "gassensorstatus": "gas_alarm",
	"gasdetected": "gas_alarm", "combustiblegas": "gas_alarm", "naturalgas": "gas_alarm", "lpg": "gas_alarm", "ch4alarm": "gas_alarm",
	"燃气": "gas_alarm", "燃气报警": "gas_alarm", "燃气泄漏": "gas_alarm", "燃气泄漏报警": "gas_alarm", "可燃气体": "gas_alarm",
	"可燃气体报警": "gas_alarm", "煤气泄漏": "gas_alarm", "天然气泄漏": "gas_alarm", "燃气状态": "gas_alarm",
	"co": "co_alarm", "coalarm": "co_alarm", "costate": "co_alarm", "costatus": "co_alarm", "codetected": "co_alarm",
	"carbonmonoxide": "co_alarm", "carbonmonoxidealarm": "co_alarm", "carbonmonoxidedetected": "co_alarm", "一氧化碳": "co_alarm",
	"一氧化碳报警": "co_alarm",
	"sos": "sos", "sosalarm": "sos", "sosstate": "sos", "sosstatus": "sos", "soskey": "sos", "sosbutton": "sos", "sosevent": "sos",
	"emergency": "sos", "emergencycall": "sos", "emergencyalarm": "sos", "emergencybutton": "sos", "panic": "sos",
	"panicalarm": "sos", "panicbutton": "sos", "helpalarm": "sos", "help": "sos", "callforhelp": "sos", "onekeyalarm": "sos",
	"alarmsos": "sos", "onekeycall": "sos", "一键呼叫": "sos", "一键报警": "sos", "一键求助": "sos", "紧急呼叫": "sos", "紧急报警": "sos",
	"紧急按钮": "sos", "紧急求助": "sos", "求救": "sos", "求助": "sos", "呼救": "sos", "呼叫": "sos", "sos报警": "sos", "sos按钮": "sos",
	"fall": "fall", "falldown": "fall", "fallalarm": "fall", "falldetected": "fall", "falldetection": "fall", "fallstate": "fall",
	"fallstatus": "fall", "falldownstatus": "fall", "fallevent": "fall", "fallen": "fall", "tumble": "fall", "tumblealarm": "fall",
	"跌倒": "fall", "摔倒": "fall", "跌倒报警": "fall", "摔倒报警": "fall", "跌倒检测": "fall", "跌倒状态": "fall",
	"button": "button", "buttonevent": "button", "buttonpress": "button", "buttonpressed": "button", "press": "button",
	"pressed": "button", "click": "button", "keyvalue": "button", "keyevent": "button", "action": "button", "按键": "button",
	"按钮": "button", "doorbell": "door_viewer", "bell": "door_viewer", "ring": "door_viewer", "门铃": "door_viewer",
	"doorviewer": "door_viewer", "peephole": "door_viewer", "peepholeevent": "door_viewer", "passage": "door_viewer", "门镜": "door_viewer",
	"猫眼": "door_viewer", "进出": "door_viewer", "出入": "door_viewer", "进出门": "door_viewer"
};

# bare: most keys are in the table as they come; ascii_downcase and split cost ten times a look-up.
def strip($c): if contains($c) then (split($c) | add) // "" else . end;
def bare: if vocabulary[.] != null then . else ascii_downcase | strip("_") | strip("-") | strip(".") | strip(" ") end;

# Keys that say nothing about a life or a meter.
def useless: {"id": 1, "name": 1, "mode": 1, "color": 1, "colour": 1, "brightness": 1, "hue": 1, "saturation": 1, "colortemperature": 1,
	"colortemp": 1, "version": 1, "firmware": 1, "firmwareversion": 1, "hardwareversion": 1, "fw": 1, "sn": 1, "mac": 1, "ip": 1,
	"imei": 1, "iccid": 1, "imsi": 1, "type": 1, "model": 1, "uptime": 1, "seq": 1, "timestamp": 1, "time": 1, "ts": 1, "fcnt": 1,
	"fport": 1, "port": 1, "ipsoversion": 1, "tslversion": 1, "lorawanclass": 1, "devicestatus": 1, "resetevent": 1, "frequency": 1,
	"powerfactor": 1, "factor": 1, "period": 1, "interval": 1, "reportinterval": 1, "latitude": 1, "longitude": 1, "altitude": 1};

def unit_of: {"water_total": "m3", "gas_total": "m3", "energy_total": "kWh", "heat_total": "kWh", "water_flow": "m3/h",
	"gas_flow": "m3/h"};

def is_state: {"contact": 1, "motion": 1, "presence": 1, "bed": 1, "seat": 1, "switch": 1, "vibration": 1, "tamper": 1, "online": 1,
	"fault": 1, "leak": 1, "smoke": 1, "gas_alarm": 1, "co_alarm": 1};

def truth: {
	"1": 1, "true": 1, "on": 1, "open": 1, "opened": 1, "opening": 1, "yes": 1, "y": 1, "active": 1, "activated": 1, "detected": 1,
	"detect": 1, "alarm": 1, "alarming": 1, "alarmed": 1, "alarmtriggered": 1, "alert": 1, "triggered": 1, "trigger": 1, "motion": 1,
	"moving": 1, "occupied": 1, "present": 1, "presence": 1, "home": 1, "wet": 1, "leak": 1, "leaking": 1, "leakage": 1, "waterleak": 1,
	"flood": 1, "smoke": 1, "gas": 1, "fire": 1, "co": 1, "unsafe": 1, "pressed": 1, "press": 1, "problem": 1, "abnormal": 1,
	"fault": 1, "error": 1, "tamper": 1, "tampered": 1, "inbed": 1, "onbed": 1, "someone": 1, "human": 1, "online": 1, "connected": 1,
	"running": 1, "ready": 1, "high": 1, "low": 0, "emergency": 1, "sos": 1, "panic": 1, "fall": 1, "fallen": 1, "falldown": 1,
	"vibration": 1, "mild": 1, "heavy": 1, "unlocked": 0, "locked": 1, "move": 1, "movement": 1, "static": 1, "still": 1,
	"stationary": 1, "approaching": 1, "leaving": 1, "enter": 1, "large": 1, "small": 1, "medium": 1, "sitting": 1, "lying": 1,
	"开": 1, "打开": 1, "开启": 1, "已打开": 1, "有人": 1, "报警": 1, "告警": 1, "异常": 1, "触发": 1, "漏水": 1, "有": 1, "是": 1,
	"在床": 1, "在线": 1, "故障": 1, "有水": 1, "跌倒": 1, "按下": 1, "泄漏": 1, "移动": 1,
	"0": 0, "false": 0, "off": 0, "close": 0, "closed": 0, "closing": 0, "no": 0, "n": 0, "inactive": 0, "clear": 0, "cleared": 0,
	"normal": 0, "none": 0, "idle": 0, "vacant": 0, "unoccupied": 0, "absent": 0, "away": 0, "nothome": 0, "dry": 0, "safe": 0,
	"ok": 0, "released": 0, "release": 0, "standby": 0, "offline": 0, "disconnected": 0, "lost": 0, "outofbed": 0, "offbed": 0,
	"noone": 0, "nobody": 0, "nomotion": 0, "nopresence": 0, "noleak": 0, "nosmoke": 0, "nogas": 0, "nottriggered": 0,
	"notdetected": 0, "undetected": 0, "alarmdeactivated": 0, "alarmrelease": 0, "alarmreleased": 0, "stopped": 0, "stop": 0,
	"untriggered": 0, "installed": 0, "uninstalled": 1, "removed": 1, "dismantled": 1, "taken": 1, "leave": 0,
	"关": 0, "关闭": 0, "已关闭": 0, "无人": 0, "正常": 0, "无": 0, "否": 0, "离床": 0, "离线": 0, "未报警": 0, "闭合": 0, "无水": 0,
	"未触发": 0, "恢复": 0, "未漏水": 0, "松开": 0};

# Somebody is there, but nothing moves.
def is_still: {"static": 1, "still": 1, "stationary": 1, "motionless": 1, "静止": 1};

# state: 1, 0, or null for a word that is neither.
def state: if type == "boolean" then (if . then 1 else 0 end) elif type == "number" then (if . == 0 then 0 else 1 end)
	elif type == "string" then truth[.] // truth[bare] else null end;

# press: what a button did: 1 single, 2 double, 3 triple, 9 long; null for a release or nothing.
def press: if type == "boolean" then (if . then 1 else null end) elif type == "number" then (if . > 0 then . else null end)
	elif type == "string" then ascii_downcase | if . == "" or . == "none" or . == "idle" or . == "0" or . == "false" or test("release|^off$") then null
		elif test("double|^ss$|^2$|双击") then 2 elif test("triple|^sss$|^3$|三击") then 3 elif test("quad|^4$") then 4
		elif test("long|hold|^l+$|长按") then 9 else 1 end
	else null end;

# passage: what a door viewer saw: 1 somebody went out, 2 somebody came in, 3 the bell; null for anything else.
def passage: if type == "string" then ascii_downcase
		| if test("^(out|leave|left|leaving|go_?out|went_?out|exit|departure)$|外出|出门|离家") then 1
		  elif test("^(in|enter|entered|come_?in|came_?in|back|return|returned|home|arrival)$|进门|回家|归家|入门") then 2
		  elif state == 1 or test("^(ring|ringing|bell|doorbell|press|pressed)$|门铃|按铃") then 3 else null end
	elif state == 1 then 3 else null end;

# drop: an object without its unknown members.
def drop: with_entries(select(.value != null and .value != ""));

# at_time, of_device: an output with what is known of its time and device.
def at_time($t): if $t == null then . else . + {at: $t} end;
def of_device($d): if $d == null then . else . + {device: $d} end;

def name_channel($key): if ($key | utf8bytelength) > 47 then $key[0:15] else $key end;

# A key without its number is read as one of several; voltage and the like also without their phase (a, l1, A相).
def by_phase: {"power": 1, "voltage": 1, "current": 1};
def phase_of: {"l1": "A", "l2": "B", "l3": "C", "a": "A", "b": "B", "c": "C"};
def numbered($k; $key): if ($k[-1:] | . >= "0" and . <= "9") then {q: vocabulary[$k | sub("[0-9]+$"; "")], channel: name_channel($key)} else null end;
def phased($k): first((($k[-2:], $k[0:2], $k[-1:]) as $p | select(phase_of[$p] != null) | {q: vocabulary[if ($k | startswith($p)) and ($p
	| length) == 2 then $k[2:] else $k | rtrimstr($p) end], channel: phase_of[$p]}
	| select(.q != null and by_phase[.q] != null))) // null;

# meaning: of a key: {q, channel}; q null when the key is not known.
def meaning($key): ($key | bare) as $k
	| if $k[1:2] == "相" then {q: vocabulary[$k[2:]], channel: ($k[0:1] | ascii_upcase)}
	  else vocabulary[$k] as $w
		| if $w != null then {q: $w, channel: null}
		  else phased($k) as $p | if $p != null then $p else numbered($k; $key) // {q: null, channel: null} end end
	  end
	| if (.q // "" | contains("/")) then (.q | split("/")) as $p | {q: $p[0], channel: (.channel // $p[1])} else . end;

def numeric: type == "number" or type == "boolean" or (type == "string" and (try (tonumber | true) catch false));

# Spellings of units beyond those that the program knows.
def unit_alias: {"KW": "kW", "Kw": "kW", "kw": "kW", "KWh": "kWh", "Kwh": "kWh", "kWH": "kWh", "KW.h": "kWh", "KW·h": "kWh", "kw·h": "kWh", "kw.h": "kWh",
	"千瓦小时": "kWh", "千瓦·时": "kWh", "㎥": "m3", "M3": "m3", "方": "m3", "立方": "m3", "㎥/h": "m3/h", "m³/H": "m3/h", "立方米/小时": "m3/h", "升/小时": "L/h",
	"L/H": "L/h", "摄氏度": "Cel", "度C": "Cel", "°c": "Cel", "c": "Cel", "celsius": "Cel", "Celsius": "Cel", "fahrenheit": "F", "％": "%", "百分比": "%",
	"percent": "%", "%rh": "%RH", "伏特": "V", "v": "V", "Volt": "V", "volt": "V", "volts": "V", "安培": "A", "a": "A", "amp": "A", "毫安": "mA", "瓦特": "W",
	"w": "W", "watt": "W", "Watt": "W", "watts": "W", "Lux": "lx", "LUX": "lx", "勒克斯": "lx", "PPM": "ppm", "Ppm": "ppm", "hpa": "hPa", "HPA": "hPa",
	"百帕": "hPa", "帕": "Pa", "厘米": "cm", "毫米": "mm", "米": "m", "次/分": "1/min", "BPM": "bpm", "度/小时": "kW"};

# A word that an alarm may also be told by; null if it tells of nothing that is known.
def alarm_word: ascii_downcase | if test("^(no|not|un)[ _-]|normal|clear|release|deactivat|none|safe|无|未|正常|解除|恢复") then 0
	elif test("alarm|alert|leak|smoke|gas|fire|detect|trigger|danger|over|high|报警|告警|泄|漏|超标|火") then 1 else null end;

# Words that say that a state is not known now: no value, and no fault.
def no_state: {"unknown": 1, "unavailable": 1, "invalid": 1, "null": 1, "none": 1, "na": 1, "nan": 1, "init": 1, "initializing": 1, "warmup": 1,
	"calibrating": 1,
	"test": 1, "testing": 1, "selftest": 1, "readfailed": 1, "toggle": 1, "未知": 1};

# said_state: 1 or 0; null where nothing is known; the word itself where nobody knows the word, so that it is refused and seen.
def said_state($q): if $q == "motion" and type == "string" and is_still[bare] != null then 0
	else . as $v | state as $s | if $s != null or ($v | type) != "string" then $s
		elif no_state[$v | bare] != null then null
		elif {"leak": 1, "smoke": 1, "gas_alarm": 1, "co_alarm": 1}[$q] != null then ($v | alarm_word) // $v else $v end end;

# emitted: one value of a known quantity.
def emitted($q; $channel; $value; $unit):
	if is_state[$q] != null then ($value | said_state($q)) as $s
		| if $s == null then empty
		  else {quantity: $q, channel: $channel, value: $s, text: (if $value | type == "string" then $value else null end)} end
	elif $q == "sos" or $q == "fall" then
		if ($value | state) == 1 then {quantity: $q, channel: $channel, value: 1, text: (if $value | type == "string" then $value else null end)} else empty end
	elif $q == "button" then ($value | press) as $p
		| if $p == null then empty else {quantity: $q, channel: $channel, value: $p, text: (if $value | type == "string" then $value else null end)} end
	elif $q == "door_viewer" then ($value | passage) as $p
		| if $p == null then empty
		  else {quantity: $q, channel: $channel, value: $p, text: (if $p < 3 and ($value | type) == "string" then $value else null end)} end
	else {quantity: $q, channel: $channel, value: $value, unit: (if ($unit // "") != "" then unit_alias[$unit] // $unit else unit_of[$q] end)} end;

# said: what {key: value} tells. The same word can be a number or a state: power "on" is a switch, gas 320 a concentration, and
# moisture 45 a flower pot, no leak.
# A key that nobody knows is a level under its own name if it is a number, else nothing.
def said($key; $value; $unit): meaning($key) as $m
	| if $value == null or $value == "" then empty
	  elif ($value | type) == "array" or ($value | type) == "object" then empty
	  elif $m.q == null then
		if ($value | type) == "string" or useless[$key | bare] != null then empty
		else {quantity: "level", channel: name_channel($key), value: $value} end
	  elif $m.q == "power" and ($value | numeric | not) or $m.q == "power" and ($value | type) == "boolean" then emitted("switch"; $m.channel; $value; null)
	  elif ($m.q == "gas_alarm" or $m.q == "co_alarm" or $m.q == "smoke") and ($value | type) == "number" and $value != 0 and $value != 1 then
		emitted("gas_concentration"; (if $m.q == "gas_alarm" then $m.channel else ($m.q | rtrimstr("_alarm")) end); $value; $unit)
	  elif $m.q == "water_total" and (($value | type) == "boolean" or ($value | numeric | not)) then emitted("leak"; $m.channel; $value; null)
	  elif $m.q == "leak" and ($value | type) == "number" and $value != 0 and $value != 1 then
		{quantity: "level", channel: name_channel($key), value: $value}
	  elif $m.q == "cover_position" and ($value | numeric | not) then
		($value | state) as $s | if $s == null then empty else emitted("cover_position"; $m.channel; $s * 100; "%") end
	  elif $m.q == "voltage" and $m.channel == "battery" and ($value | type) == "number" and $value > 24 then
		if $value > 1000 then emitted("voltage"; "battery"; $value; "mV") elif $value <= 100 then emitted("battery"; null; $value; "%") else empty end
	  elif $m.q == "battery" and ($value | type) == "number" and $value > 1 and $value < 5 and $value != ($value | floor) then
		emitted("voltage"; "battery"; $value; "V")
	  elif $m.q == "signal" and ($value | type) == "number" and $value > 0 then emitted("link_quality"; $m.channel; $value; null)
	  elif $m.q == "illuminance" and ($value | numeric | not) then
		($value | state) as $s | if $s == null then empty else emitted("switch"; "light"; $s; null) end
	  elif $m.q == "illuminance" and ($value | type) == "boolean" then emitted("switch"; "light"; $value; null)
	  else emitted($m.q; $m.channel; $value; $unit) end;
