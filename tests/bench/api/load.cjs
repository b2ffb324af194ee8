// SPDX-License-Identifier: MIT
// load.cjs NODE_MODULES_FOLDER URL TOKEN_FILE HOMES SECONDS RATE CONNECTIONS: mixed reads through the gateway by autocannon; prints one JSON object.
// RATE 0: as fast as they come.
const {createRequire} = require('module');
const {readFileSync} = require('fs');

const [folder, url, tokenFile, homes, seconds, rate, connections] = process.argv.slice(2);
const autocannon = createRequire(folder + '/')('autocannon');
const authorization = 'Bearer ' + readFileSync(tokenFile, 'utf8').trim();
let asked = 0;

// What a platform's pages read: timelines and days of households, readings, habits, the open incidents, what is registered.
const kinds = [
	home => `/v1/households/${home}/timeline?limit=20`,
	home => `/v1/households/${home}/timeline?day=2025-12-01`,
	home => `/v1/households/${home}/readings?limit=50`,
	home => `/v1/households/${home}/habit`,
	() => '/v1/incidents',
];

autocannon({
	url,
	duration: Number(seconds),
	connections: Number(connections),
	...(Number(rate) ? {overallRate: Number(rate)} : {}),
	requests: kinds.map(kind => ({
		method: 'GET',
		headers: {authorization},
		setupRequest: request => ({...request, path: kind('h-' + String(asked++ % Number(homes)).padStart(5, '0'))}),
	})),
}, (fault, result) => {
	if (fault)
		throw fault;
	const {latency, requests, errors, timeouts, non2xx} = result;
	console.log(JSON.stringify({
		rate: requests.average, count: requests.total, p50: latency.p50, p90: latency.p90, p99: latency.p99, max: latency.max,
		errors, timeouts, non2xx, statuses: result.statusCodeStats,
	}));
});
