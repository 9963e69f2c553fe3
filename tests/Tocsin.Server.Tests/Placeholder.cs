namespace Tocsin.Tests; public sealed class Placeholder { [Fact] public void Builds() { } }
