import { describe, expect, it } from 'vitest';
import { checkName, parseListen, peerAddress, readSettings } from '../../src/node/config.js';

describe('a setting', () => {
  it('has a default that needs no thought', () => {
    expect(readSettings({}, {})).toEqual({
      region: 'local',
      node: undefined,
      cluster: 'merganser',
      listen: { host: '127.0.0.1', port: 7400 },
      join: [],
      advertise: undefined,
      dropAfterMs: 3_600_000,
      flushMs: 4,
      compress: true,
      maxBandwidth: undefined,
      graceMs: 10_000,
      joinMs: 5_000,
      allowOrigins: [],
      jsonLogs: false,
    });
  });

  it('comes from the flag, else from the environment', () => {
    const environment = {
      MERGANSER_REGION: 'eu',
      MERGANSER_LISTEN: ':9000',
      MERGANSER_JOIN: 'a:1, ws://b:2',
      MERGANSER_JOIN_TIMEOUT: '250',
      MERGANSER_JSON_LOGS: 'yes',
    };
    const settings = readSettings({ region: 'us', join: ['c:3'], flush: '0' }, environment);
    expect(settings).toMatchObject({ region: 'us', join: ['ws://c:3/peer'], flushMs: 0, joinMs: 250, jsonLogs: true });
    expect(readSettings({ compress: true }, { MERGANSER_NO_COMPRESS: '1' }).compress).toBe(false);
    expect(readSettings({ compress: false }, {}).compress).toBe(false);
    expect(readSettings({ compress: true }, { MERGANSER_NO_COMPRESS: 'no' }).compress).toBe(true);
    expect(settings.listen).toEqual({ host: '127.0.0.1', port: 9000 });
    expect(readSettings({ advertise: ['none'] }, {}).advertise).toEqual([]);
    expect(readSettings({}, { MERGANSER_ADVERTISE: 'a:1,b:2' }).advertise).toEqual(['ws://a:1/peer', 'ws://b:2/peer']);
    expect(readSettings({}, environment).join).toEqual(['ws://a:1/peer', 'ws://b:2/peer']);
  });

  it('of a bandwidth is a number of bytes per second, or of more', () => {
    const bandwidth = (text: string): number | undefined => readSettings({ maxBandwidth: text }, {}).maxBandwidth;
    expect(['500kb', '10mb', '1.5GB', '20000', '20000b'].map(bandwidth)).toEqual([500e3, 10e6, 1.5e9, 20e3, 20e3]);
    expect(readSettings({}, { MERGANSER_MAX_BANDWIDTH: '1gb' }).maxBandwidth).toBe(1e9);
    expect(() => bandwidth('')).toThrow('--max-bandwidth');
    for (const wrong of ['fast', '-1mb', '10 tb', '1e6', '5kb', '0'])
      expect(() => readSettings({}, { MERGANSER_MAX_BANDWIDTH: wrong })).toThrow('MERGANSER_MAX_BANDWIDTH');
  });

  it('that is wrong is named together with its source', () => {
    const message = (flags: object, environment: Record<string, string> = {}): string => {
      try {
        readSettings(flags as never, environment);
      } catch (error) {
        return `${(error as { code: string }).code} ${(error as Error).message}`;
      }
      return 'nothing was wrong';
    };
    expect(message({ flush: 'fast' })).toMatch(/^BAD_CONFIG --flush: "fast"/);
    expect(message({}, { MERGANSER_FLUSH: '-1' })).toMatch(/^BAD_CONFIG MERGANSER_FLUSH: "-1"/);
    expect(message({ listen: 'nowhere' })).toMatch(/^BAD_CONFIG --listen: "nowhere"/);
    expect(message({ listen: '127.0.0.1:99999' })).toMatch(/^BAD_CONFIG --listen/);
    expect(message({ region: 'two words' })).toMatch(/^BAD_CONFIG --region/);
    expect(message({ join: ['ftp://x'] })).toMatch(/^BAD_CONFIG --join/);
    expect(message({}, { MERGANSER_JSON_LOGS: 'maybe' })).toMatch(/^BAD_CONFIG MERGANSER_JSON_LOGS/);
    expect(message({}, { MERGANSER_NO_COMPRESS: 'maybe' })).toMatch(/^BAD_CONFIG MERGANSER_NO_COMPRESS/);
  });
});

describe('an address', () => {
  it('to listen on is a host and a port, or a port', () => {
    expect(parseListen('0.0.0.0:80')).toEqual({ host: '0.0.0.0', port: 80 });
    expect(parseListen('[::1]:7400')).toEqual({ host: '::1', port: 7400 });
    expect(parseListen('0')).toEqual({ host: '127.0.0.1', port: 0 });
    expect(() => parseListen('::1:7400')).toThrow('is not an address to listen on');
  });

  it('of a peer is what people write', () => {
    expect(peerAddress('10.0.0.2:7400')).toBe('ws://10.0.0.2:7400/peer');
    expect(peerAddress('https://node.example')).toBe('wss://node.example/peer');
    expect(peerAddress('ws://proxy/merganser/peer')).toBe('ws://proxy/merganser/peer');
    expect(() => peerAddress('ws://')).toThrow('is not a node');
  });

  it('a name is short and plain', () => {
    expect(checkName('eu-west_1.b')).toBe('eu-west_1.b');
    expect(() => checkName('n'.repeat(200))).toThrow(expect.objectContaining({ code: 'BAD_CONFIG' }));
  });
});
