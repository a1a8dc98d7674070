<?php
// For `php -S`: the wiki's entry points and pretty page addresses; everything else is a file below the document root.
$path = rawurldecode( parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH ) ?: '/' );
$root = $_SERVER['DOCUMENT_ROOT'];
if ( preg_match( '#^/(api|index|load|rest)\.php(/|$)#', $path, $match ) ) {
	$script = "/{$match[1]}.php";
} elseif ( $path === '/' || str_starts_with( $path, '/wiki/' ) ) {
	$script = '/index.php';
} elseif ( preg_match( '#^/(resources|skins|extensions)/.*\.(css|js|svg|png|gif|jpg|woff2?|ico)$#', $path ) ) {
	return false;
} else {
	http_response_code( 404 );
	header( 'Content-Type: text/plain' );
	echo "Nothing here.\n";
	return true;
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $script;
$_SERVER['SCRIPT_FILENAME'] = $root . $script;
chdir( $root );
require $root . $script;
return true;
