using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tocsin.Identity;

namespace Tocsin.Tests.Identity;

/// <summary>Hashes that say what the product's say and cost next to nothing, for servers on which people log in all the time.</summary>
internal static class CheapHash
{
    private const int Most = 1000;

    public static byte[] Of(string password, byte[] salt, int iterations, int length) =>
        Rfc2898DeriveBytes.Pbkdf2(password, salt, Math.Min(iterations, Most), HashAlgorithmName.SHA512, length);

    public static IServiceCollection AddCheapHash(this IServiceCollection services) => services.AddPasswords(Of);

    public static IServiceCollection AddPasswords(this IServiceCollection services, SlowHash hash) =>
        services.AddSingleton(provider => new Passwords(provider.GetRequiredService<IOptions<AccountOptions>>()) { Hash = hash });
}
