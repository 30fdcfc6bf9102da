# Debian's Mail::DKIM over a folder that cross_test.cpp prepared: verifies ours/*rsa*.eml and signs plain/*.eml, one process for all
# (Debian 12 has no Ed25519 for it). Writes perl.tsv (file, result) and theirs/perl-*.eml. Asks nobody: keys come from dns.tsv.
use strict;
use warnings;
use Mail::DKIM::PrivateKey;
use Mail::DKIM::Signer;
use Mail::DKIM::Verifier;
use Net::DNS;

my $folder = shift;
my %texts;
open(my $dns, '<', "$folder/dns.tsv") or die;
while (<$dns>) { chomp; my ($name, $text) = split /\t/; $texts{$name} = $text; }
{
    no warnings 'redefine';
    *Mail::DKIM::DNS::query = sub {
        my ($name, $type) = @_;
        return unless defined $texts{$name};
        return Net::DNS::RR->new(name => $name, type => 'TXT', txtdata => [ unpack '(A250)*', $texts{$name} ]);
    };
}

sub slurp { my $path = shift; open(my $in, '<:raw', $path) or die; local $/; return scalar <$in>; }

open(my $out, '>', "$folder/perl.tsv") or die;
for my $path (sort glob "$folder/ours/*rsa*.eml") {
    my $verifier = Mail::DKIM::Verifier->new;
    my $result = eval {
        $verifier->PRINT(slurp($path));
        $verifier->CLOSE;
        my ($ours) = grep { $_->domain eq 'cross.example' } $verifier->signatures;
        $ours ? $ours->result_detail : 'no signature';
    } // "died: $@";
    $result =~ s/\s+/ /g;
    (my $name = $path) =~ s{.*/}{};
    print $out "$name\t$result\n";
}
close $out;

my $key = Mail::DKIM::PrivateKey->load(File => "$folder/rsa.pem");
for my $path (sort glob "$folder/plain/*.eml") {
    (my $name = $path) =~ s{.*/}{};
    for my $method (qw(simple/simple simple/relaxed relaxed/simple relaxed/relaxed)) {
        my $signer = Mail::DKIM::Signer->new(
            Algorithm => 'rsa-sha256', Method => $method, Domain => 'cross.example', Selector => 'rsa', Key => $key);
        my $message = slurp($path);
        $signer->PRINT($message);
        $signer->CLOSE;
        (my $file = "perl-rsa-$method-$name") =~ s{/}{-};
        open(my $signed, '>:raw', "$folder/theirs/$file") or die;
        print $signed $signer->signature->as_string, "\r\n", $message;
        close $signed;
    }
}
