<?php
// The settings of the tests' and the demo's wiki. Comes in: WIKI_FOLDER and WIKI_URL of the environment.
// Everything the wiki writes is in its folder; any number of wikis share /usr/share/mediawiki.
if ( !defined( 'MEDIAWIKI' ) ) {
	exit;
}
$wikiFolder = getenv( 'WIKI_FOLDER' );

$wgSitename = 'Labs wiki';
$wgMetaNamespace = 'Project';
$wgServer = getenv( 'WIKI_URL' ) ?: 'http://127.0.0.1';
$wgScriptPath = '';
$wgArticlePath = '/wiki/$1';
$wgUsePathInfo = true;
$wgLanguageCode = 'en';
$wgSecretKey = hash( 'sha256', __FILE__ );
$wgAuthenticationTokenVersion = '1';

if ( is_dir( "$wikiFolder/mariadb" ) ) {
	$wgDBtype = 'mysql';
	$wgDBserver = "localhost:$wikiFolder/mariadb.sock";
	$wgDBname = 'wiki';
	$wgDBuser = 'wiki';
	$wgDBpassword = 'wiki';
} else {
	$wgDBtype = 'sqlite';
	$wgDBname = 'wiki';
	$wgSQLiteDataDir = "$wikiFolder/data";
	$wikiSqlite = [
		'type' => 'sqlite',
		'tablePrefix' => '',
		'variables' => [ 'synchronous' => 'NORMAL' ],
		'dbDirectory' => $wgSQLiteDataDir,
		'trxMode' => 'IMMEDIATE',
		'flags' => 0,
	];
	$wgObjectCaches[CACHE_DB] = [
		'class' => SqlBagOStuff::class,
		'loggroup' => 'SQLBagOStuff',
		'server' => [ 'dbname' => 'wikicache' ] + $wikiSqlite,
	];
	$wgJobTypeConf['default'] = [
		'class' => 'JobQueueDB',
		'claimTTL' => 3600,
		'server' => [ 'dbname' => 'wiki_jobqueue' ] + $wikiSqlite,
	];
}
$wgResourceLoaderUseObjectCacheForDeps = true;

$wgCacheDirectory = "$wikiFolder/cache";
$wgLocalisationCacheConf['store'] = 'array';
$wgMainCacheType = CACHE_ACCEL;
// Sessions outlive an outage of the PHP process, as they do on a wiki with a memcached beside it.
$wgSessionCacheType = CACHE_DB;
$wgUploadDirectory = "$wikiFolder/images";
$wgTmpDirectory = "$wikiFolder/tmp";
// One PHP process: a job run inside a request would only make that request slow, and nothing here needs one.
$wgJobRunRate = 0;
$wgRateLimits = [];
$wgEnableEmail = false;
$wgPingback = false;
$wgDiff3 = '/usr/bin/diff3';
$wgMaxShellMemory = 0;
$wgPasswordPolicy['policies']['default'] = [];

define( 'NS_NOVA_RESOURCE', 498 );
define( 'NS_NOVA_RESOURCE_TALK', 499 );
$wgExtraNamespaces[NS_NOVA_RESOURCE] = 'Nova_Resource';
$wgExtraNamespaces[NS_NOVA_RESOURCE_TALK] = 'Nova_Resource_Talk';
$wgNamespacesWithSubpages[NS_MAIN] = true;
$wgNamespacesWithSubpages[NS_NOVA_RESOURCE] = true;

wfLoadSkin( 'Vector' );
$wgDefaultSkin = 'vector';
wfLoadExtension( 'Cite' );
wfLoadExtension( 'ParserFunctions' );
// What Extension:Math is to the parser: a tag whose inside is not wikitext.
$wgHooks['ParserFirstCallInit'][] = static function ( $parser ) {
	$parser->setHook( 'math', static fn ( $text ) => htmlspecialchars( $text ?? '' ) );
};

// What is in this folder holds from the next request on: read and evaluated, because opcache trusts a file for 2 s.
foreach ( glob( "$wikiFolder/settings/*.php" ) as $wikiSetting ) {
	eval( '?>' . file_get_contents( $wikiSetting ) );
}
