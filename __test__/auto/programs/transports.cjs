require('axios');
require('undici');

import('./transports.mjs');
