using Tocsin.Identity;

namespace Tocsin.Tests.Identity;

public sealed class ApiKeyTextTests
{
    [Fact]
    public void A_key_of_ours_has_its_checksum_and_one_of_an_account_32_digits()
    {
        var (own, account) = (ApiKeyText.New(), ApiKeyText.New(ApiKeyText.Account));

        Assert.Matches("^tcn_[0-9A-Za-z]{38}$", own);
        Assert.Matches("^sra_[0-9a-f]{32}$", account);
        Assert.True(ApiKeyText.IsWellFormed(own) && ApiKeyText.IsWellFormed(account));
        Assert.NotEqual(account, ApiKeyText.New(ApiKeyText.Account));
        Assert.Equal((own[..10], account[..12]), (ApiKeyText.PrefixOf(own), ApiKeyText.PrefixOf(account)));
    }

    [Fact]
    public void Look_alikes_are_told_without_a_look_into_the_store()
    {
        var (own, account) = (ApiKeyText.New(), ApiKeyText.New(ApiKeyText.Account));

        string[] wrong = [own[..^1], own + "0", own[..^1] + (own[^1] == '0' ? '1' : '0'), account[..^1], account + "0", account.ToUpperInvariant(), "sra_" + new string('g', 32), ""];
        Assert.DoesNotContain(wrong, ApiKeyText.IsWellFormed);
    }
}
