import type { Core } from '../../../src/testing/index.js';

export declare const CORE: Core;
