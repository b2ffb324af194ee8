// SPDX-License-Identifier: MIT
// asyncapi.cjs NODE_MODULES_FOLDER DOCUMENT: prints each fault with its place; exit status 1 if there is an error or a warning.
const {createRequire} = require('module');
const {readFileSync} = require('fs');

const [folder, file] = process.argv.slice(2);
const {Parser} = createRequire(folder + '/')('@asyncapi/parser');

new Parser().parse(readFileSync(file, 'utf8'), {source: file}).then(({document, diagnostics}) => {
	const faults = diagnostics.filter(one => one.severity <= 1);
	for (const one of faults)
		console.log(`${file}:${one.range.start.line + 1}: ${one.path.join('.')}: ${one.message}`);
	if (!faults.length && document)
		console.log(`${document.channels().all().length} channels, ${document.operations().all().length} operations, no fault`);
	process.exitCode = faults.length || !document ? 1 : 0;
});
