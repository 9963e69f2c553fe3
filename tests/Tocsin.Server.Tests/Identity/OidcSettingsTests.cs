using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Tocsin.Hosting;
using Tocsin.Identity.Oidc;

namespace Tocsin.Tests.Identity;

public sealed class OidcSettingsTests
{
    private static readonly (string, string)[] Good =
        [("Oidc:Authority", "https://login.example.test"), ("Oidc:ClientId", "tocsin"), ("Oidc:Roles", "platform=admin")];

    [Fact]
    public void What_the_how_to_shows_is_good() => Assert.Empty(Faults());

    [Theory]
    [InlineData("Oidc:Authority", "login.example.test", "Oidc:Authority is not the address of an issuer")]
    [InlineData("Oidc:Authority", "http://login.example.test", "Oidc:Authority must begin with https://")]
    [InlineData("Oidc:Authority", "https://login.example.test?a=b", "Oidc:Authority is not the address of an issuer")]
    [InlineData("Oidc:Authority", "https://user:password@login.example.test", "Oidc:Authority is not the address of an issuer")]
    [InlineData("Oidc:Authority", "", "Oidc:Authority is missing, though a client is given")]
    [InlineData("Oidc:ClientId", "", "Oidc:ClientId is missing")]
    [InlineData("Oidc:Scopes", "profile email", "Oidc:Scopes must hold openid")]
    [InlineData("Oidc:Roles", "platform=boss", "Oidc:Roles gives the group 'platform' no role")]
    [InlineData("Oidc:Roles", "platform", "Oidc:Roles gives the group 'platform' no role")]
    [InlineData("Oidc:Roles", "platform=publisher", "Oidc:Roles gives the group 'platform' no role")]
    [InlineData("Oidc:Roles:urn:acme:people", "everything", "Oidc:Roles gives the group 'urn:acme:people' no role")]
    [InlineData("Oidc:Roles", "", "Oidc:DefaultRole and Roles are both empty")]
    [InlineData("Oidc:DefaultRole", "owner", "Oidc:DefaultRole must be viewer, responder or admin")]
    [InlineData("Oidc:Teams", "platform=", "Oidc:Teams gives the group 'platform' no team")]
    [InlineData("Oidc:EmailDomains", "*@example.test", "Oidc:EmailDomains is a list of domains")]
    [InlineData("Oidc:SessionHours", "0", "Oidc:SessionHours must be between 1 and 336")]
    [InlineData("Oidc:Rolls", "a=admin", "Oidc:Rolls is not a setting; did you mean Oidc:Roles?")]
    public void Each_fault_names_the_setting_and_what_it_must_be(string key, string value, string fault) =>
        Assert.StartsWith(fault, Assert.Single(Faults((key, value))), StringComparison.Ordinal);

    [Fact]
    public void Nobody_can_be_locked_out_by_a_setting_alone()
    {
        var without = Faults(("Oidc:Authority", ""), ("Oidc:ClientId", ""), ("Oidc:AllowPasswords", "false"));
        var open = Faults(("Oidc:AllowPasswords", "false"), ("Accounts:Registration", "open"));

        Assert.StartsWith("Oidc:AllowPasswords cannot be off without an authority", Assert.Single(without), StringComparison.Ordinal);
        Assert.StartsWith("Oidc:AllowPasswords cannot be off while Accounts:Registration is Open", Assert.Single(open), StringComparison.Ordinal);
    }

    [Fact]
    public void A_secret_is_never_repeated() =>
        Assert.DoesNotContain("hunter2", string.Concat(Faults(("Oidc:ClientSecret", "hunter2"), ("Oidc:ClientId", ""), ("Oidc:Scopes", "email"))), StringComparison.Ordinal);

    [Fact]
    public void Groups_are_written_as_a_map_or_as_one_text_and_keep_their_letters()
    {
        var options = Options(
            ("Oidc:Roles", "platform=admin, CN=On Call=responder"), ("Oidc:Roles:Viewers", "viewer"), ("Oidc:Roles:urn:acme:owners", "owner"), ("Oidc:Teams:Viewers", "core"));

        Assert.Equal(
            ["CN=On Call=responder", "Viewers=viewer", "platform=admin", "urn:acme:owners=owner"],
            options.RoleByGroup.Select(pair => $"{pair.Key}={pair.Value}").Order(StringComparer.Ordinal));
        Assert.Equal("core", Assert.Single(options.TeamByGroup).Value);
    }

    private static IReadOnlyList<string> Faults(params (string Key, string Value)[] settings) => SettingsFaults.Find(Configuration(settings));

    private static OidcOptions Options(params (string Key, string Value)[] settings)
    {
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(Configuration(settings)).AddOidcSettings().BuildServiceProvider();
        return services.GetRequiredService<IOptions<OidcOptions>>().Value;
    }

    private static IConfigurationRoot Configuration((string Key, string Value)[] settings)
    {
        var all = Good.Where(good => !settings.Any(s => s.Key == good.Item1)).Concat(settings).Select(s => KeyValuePair.Create(s.Item1, (string?)s.Item2));
        var configuration = new ConfigurationBuilder();
        configuration.Add(new NamedSettingsSource("set in a.yaml", all));
        return configuration.Build();
    }
}
