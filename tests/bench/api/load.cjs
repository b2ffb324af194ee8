// SPDX-License-Identifier: MIT
// load.cjs NODE_MODULES_FOLDER URL TOKEN_FILE HOMES SECONDS RATE CONNECTIONS [together]: mixed reads through the gateway by autocannon; prints one JSON
// object. RATE 0: as fast as they come.
//
// autocannon sends a connection's requests of a second one after the other from the second's begin on, and then rests. So the connections begin their seconds
// at even distances, as callers that know nothing of each other; with "together" all begin in the same moment, and the machine is full for a part of each
// second and idle for the rest. What a slow answer kept from being asked in time counts as asked: autocannon's own correction takes it that every millisecond
// was to have a request, whatever the rate is (7.15.0), so the latencies are taken from its answers and corrected by the rate's interval (the rule of
// HdrHistogram's recordValueWithExpectedInterval).
const {createRequire} = require('module');
const {readFileSync} = require('fs');

const [folder, url, tokenFile, homes, seconds, rateText, connectionsText, how] = process.argv.slice(2);
const autocannon = createRequire(folder + '/')('autocannon');
const authorization = 'Bearer ' + readFileSync(tokenFile, 'utf8').trim();
const rate = Number(rateText), connections = Number(connectionsText);
const took = []; // ms
let asked = 0;

// What a platform's pages read: timelines and days of households, readings, habits, the open incidents, what is registered.
const kinds = [
	home => `/v1/households/${home}/timeline?limit=20`,
	home => `/v1/households/${home}/timeline?day=2025-12-01`,
	home => `/v1/households/${home}/readings?limit=50`,
	home => `/v1/households/${home}/habit`,
	() => '/v1/incidents',
];

function load(connections, rate) {
	const running = autocannon({
		url,
		duration: Number(seconds),
		connections,
		...(rate ? {overallRate: rate} : {}),
		requests: kinds.map(kind => ({
			method: 'GET',
			headers: {authorization},
			setupRequest: request => ({...request, path: kind('h-' + String(asked++ % Number(homes)).padStart(5, '0'))}),
		})),
	});
	running.on('response', (client, status, bytes, ms) => took.push(ms));
	return running;
}

async function spread() {
	const running = [];
	for (let i = 0; i < connections; i++) {
		running.push(load(1, Math.floor(rate / connections) + (i < rate % connections)));
		await new Promise(next => setTimeout(next, 1000 / connections));
	}
	return Promise.all(running);
}

function corrected() {
	const interval = rate ? 1000 * connections / rate : Infinity, all = took.slice();
	for (const ms of took)
		for (let missing = ms - interval; missing >= interval; missing -= interval)
			all.push(missing);
	return all.sort((a, b) => a - b);
}

async function main() {
	const results = rate && how !== 'together' ? await spread() : [await load(connections, rate)];
	const sum = of => results.reduce((all, result) => all + of(result), 0);
	const all = corrected(), part = share => Math.round(10 * all[Math.ceil(share * all.length) - 1]) / 10;
	console.log(JSON.stringify({
		rate: sum(r => r.requests.average), count: sum(r => r.requests.total), p50: part(0.5), p90: part(0.9), p99: part(0.99), max: part(1),
		errors: sum(r => r.errors), timeouts: sum(r => r.timeouts), non2xx: sum(r => r.non2xx),
	}));
}

main().catch(fault => {
	console.error(fault);
	process.exit(1);
});
