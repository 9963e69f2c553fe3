using System.Security.Cryptography;
using Tocsin.Data;

namespace Tocsin.Tests.Hosting;

public sealed class SecretBoxTests
{
    [Fact]
    public void A_sealed_text_opens_with_its_key_at_its_place_unchanged_and_not_otherwise()
    {
        var box = new SecretBox(RandomNumberGenerator.GetBytes(SecretBox.KeyBytes));
        var text = box.Seal("grün", "estate_object/1/channel/a");

        Assert.Equal("grün", box.Open(text, "estate_object/1/channel/a"));
        Assert.Null(box.Open(text, "estate_object/2/channel/a"));
        Assert.Null(new SecretBox(RandomNumberGenerator.GetBytes(SecretBox.KeyBytes)).Open(text, "estate_object/1/channel/a"));
        Assert.Null(box.Open(text[..^4] + (text[^4] == 'A' ? 'B' : 'A') + text[^3..], "estate_object/1/channel/a"));
        Assert.Null(box.Open(text[..20], "estate_object/1/channel/a"));
        Assert.NotEqual(text, box.Seal("grün", "estate_object/1/channel/a"));
    }
}
