// SPDX-License-Identifier: MIT
// openapi.cjs NODE_MODULES_FOLDER DOCUMENT: validates an OpenAPI 3.1 document; exit status 1 with the fault.
const {createRequire} = require('module');

const [folder, file] = process.argv.slice(2);
const SwaggerParser = createRequire(folder + '/')('@apidevtools/swagger-parser');

SwaggerParser.validate(file).then(document => {
	const operations = Object.values(document.paths).flatMap(path => Object.values(path));
	const ids = operations.map(one => one.operationId);
	if (new Set(ids).size !== ids.length)
		throw new Error('an operationId stands twice');
	console.log(`${Object.keys(document.paths).length} paths, ${operations.length} operations, no fault`);
}).catch(fault => {
	console.log(`${file}: ${fault.message}`);
	process.exitCode = 1;
});
