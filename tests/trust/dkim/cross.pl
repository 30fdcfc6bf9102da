# Debian's Mail::DKIM over a folder that cross_test.cpp prepared: verifies ours/*rsa*.eml and signs plain/*.eml, one process for all
# (Debian 12 has no Ed25519 for it). Writes perl.tsv (file, result), theirs/perl-*.eml and
# perl.refused (file, why it does not sign). Asks nobody: keys come from dns.tsv.
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
my %forms = (ss => 'simple/simple', sr => 'simple/relaxed', rs => 'relaxed/simple', rr => 'relaxed/relaxed');
open(my $refused, '>', "$folder/perl.refused") or die;
for my $path (sort glob "$folder/plain/*.eml") {
    (my $name = $path) =~ s{.*/}{};
    my $message = slurp($path);
    for my $form (sort keys %forms) {
        my $field = eval {
            my $signer = Mail::DKIM::Signer->new(
                Algorithm => 'rsa-sha256', Method => $forms{$form}, Domain => 'cross.example', Selector => 'rsa', Key => $key);
            $signer->PRINT($message);
            $signer->CLOSE;
            $signer->signature->as_string;
        };
        if (!defined $field) {
            (my $why = $@) =~ s/\s+/ /g;
            print $refused "perl-rsa-$form-$name\t$why\n";
            next;
        }
        open(my $signed, '>:raw', "$folder/theirs/perl-rsa-$form-$name") or die;
        print $signed $field, "\r\n", $message;
        close $signed;
    }
}
