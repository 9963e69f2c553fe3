using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Tocsin.Identity;

namespace Tocsin.Tests.Identity;

public sealed class PasswordsTests
{
    private const string Password = "a long walk to the sea";

    [Fact]
    public async Task A_hash_is_what_it_says_and_costs_what_it_must()
    {
        using var passwords = new Passwords(Options.Create(new AccountOptions()));

        var stored = await passwords.HashAsync(Password, known: false, default);

        Assert.Equal(["pbkdf2-sha512", "220000"], stored!.Split('$')[..2]);
        var (salt, hash) = (Convert.FromBase64String(stored.Split('$')[2]), Convert.FromBase64String(stored.Split('$')[3]));
        Assert.Equal((16, 32), (salt.Length, hash.Length));
        Assert.Equal(Rfc2898DeriveBytes.Pbkdf2(Password, salt, 220_000, HashAlgorithmName.SHA512, 32), hash);
        Assert.Equal(PasswordVerdict.Right, await passwords.CheckAsync(stored, Password, known: false, default));
        Assert.Equal(PasswordVerdict.Wrong, await passwords.CheckAsync(stored, Password + "side", known: false, default));
    }
}
